"""Answers of random weights to random JSON schemas, judged by python3-jsonschema, which knows nothing of this program.

usage: schemas_test.py PROGRAM [SCHEMAS [SEED [FLAG OF SERVE...]]]; without flags a random model of bytes answers; exit status 77 where jsonschema is not installed.
"""
import datetime
import http.client
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed: skipped")
    sys.exit(77)

PATTERNS = ["^[a-c]{2,4}$", "^(x|yz)+$", "b+", "^\\d{1,3}-\\d{2}$", "^\"q\\\\\"$", "^[^a-y\\s]{1,3}$", "^a|b$", "^$", "^(?:ab?c*){1,2}.$"]
NAMES = ["a", "ab", "b", "name", "two words", "q\"uote", "é", "items", "0"]


class Schemas:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def make(self):
        self.defs = {f"d{i}": self.simple() for i in range(2)}
        self.defs["list"] = {"type": "array", "items": {"anyOf": [{"const": 1}, {"$ref": "#/$defs/list"}]}, "maxItems": 2}
        return {**self.value(3), "$defs": self.defs}

    def value(self, depth):
        makers = [self.simple, self.simple]
        if depth > 0:
            makers += [self.object, self.object, self.array, self.any_of, self.one_of, self.all_of, self.reference]
        maker = self.random.choice(makers)
        schema = maker() if maker in (self.simple, self.reference) else maker(depth - 1)
        if self.random.random() < 0.1:
            schema["title"] = "of no consequence"
        return schema

    def simple(self):
        kind = self.random.choice(["string", "integer", "number", "boolean", "null", "enum", "const", "several"])
        if kind == "string":
            return self.string()
        if kind == "integer":
            return self.integer()
        if kind == "enum":
            return {"enum": self.random.sample([1, -2.5, "x", "two\nlines", None, True, [1, {"a": []}], {}], self.random.randint(1, 4))}
        if kind == "const":
            return {"const": self.random.choice(["fixed \"é\"", 0, {"b": 1, "a": [None]}])}
        if kind == "several":
            return {"type": self.random.sample(["null", "boolean", "integer"], 2)}
        return {"type": kind}

    def string(self):
        which = self.random.randrange(4)
        if which == 0:
            return {"type": "string", "pattern": self.random.choice(PATTERNS)}
        if which == 1:
            return {"type": "string", "format": self.random.choice(["date", "time", "date-time", "uuid"])}
        low = self.random.randint(0, 4)
        return {"type": "string", "minLength": low, "maxLength": low + self.random.randint(0, 9)}

    def integer(self):
        schema, low = {"type": "integer"}, self.random.choice([-1000, -17, 0, 5, 99])
        if self.random.random() < 0.7:
            schema[self.random.choice(["minimum", "exclusiveMinimum"])] = low
        if self.random.random() < 0.7:
            schema[self.random.choice(["maximum", "exclusiveMaximum"])] = low + self.random.choice([2, 10, 1234])
        return schema

    def object(self, depth, names=None):
        names = names or self.random.sample(NAMES, self.random.randint(0, 4))
        schema = {"type": "object", "properties": {name: self.value(depth) for name in names}}
        schema["required"] = [name for name in names if self.random.random() < 0.6]
        others = self.random.random()
        if others < 0.2:
            schema["additionalProperties"] = False
        elif others < 0.4:
            schema["additionalProperties"] = self.simple()
        return schema

    def array(self, depth):
        schema, low = {"type": "array"}, self.random.randint(0, 2)
        if self.random.random() < 0.4:
            schema["prefixItems"] = [self.value(depth) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.8 or "prefixItems" not in schema:
            schema["items"] = self.value(depth)
        return {**schema, "minItems": low, "maxItems": low + self.random.randint(0, 3)}

    def any_of(self, depth):
        return {"anyOf": [self.value(depth) for _ in range(self.random.randint(1, 3))]}

    def one_of(self, depth):
        if self.random.random() < 0.5:
            return {"oneOf": [self.string(), self.integer(), {"type": "null"}]}
        branches = []
        for kind in ("cat", "dog"):
            branch = self.object(depth, self.random.sample(NAMES, 2))
            branch["properties"] = {"kind": {"const": kind}, **branch["properties"]}
            branch["required"].append("kind")
            branches.append(branch)
        return {"oneOf": branches}

    def all_of(self, depth):
        names = self.random.sample(NAMES, 4)
        parts = [self.object(depth, names[:2]), self.object(depth, names[2:])]
        for part in parts:
            part.pop("additionalProperties", None)
        return {"allOf": parts}

    def reference(self):
        return {"$ref": "#/$defs/" + self.random.choice(list(self.defs))}


class Server:
    def __init__(self, program, *flags):
        self.process = subprocess.Popen([program, "serve", "--port", "0", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline()).group(1))
        while self.ask("GET", "/health", None)[0] != 200:
            pass

    def ask(self, method, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request(method, path, body and json.dumps(body))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=60)


def has_format(text, name):
    if name == "date":
        datetime.date.fromisoformat(text)
    if name in ("time", "date-time"):
        text = text if name == "date-time" else "2000-01-01T" + text
        datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    if name == "uuid":
        assert re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)
    return True


def checker():
    formats = jsonschema.FormatChecker(formats=())
    for name in ("date", "time", "date-time", "uuid"):
        formats.checks(name, raises=(ValueError, AssertionError))(lambda text, name=name: not isinstance(text, str) or has_format(text, name))
    return formats


def main(program, count=1000, seed=1, *flags):
    schemas, done, cut = Schemas(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        if not flags:
            model = str(pathlib.Path(folder, "m.gguf"))
            subprocess.run([program, "synth", model, "--size", "2x64x257", "--type", "f32"], check=True, stdout=subprocess.DEVNULL)
            flags = ("-m", model, "--dev", "cpu")
        server = Server(program, *flags)
        # Random weights would seldom end a list or string.
        ids = {end: server.ask("POST", "/tokenize", {"content": end})[1]["tokens"][0] for end in '"]}'}
        for number in range(count):
            schema = schemas.make()
            request = {"prompt": "Answer:", "seed": number, "max_tokens": 2000, "temperature": 1, "top_p": 1,
                       "logit_bias": {str(token): 3 for token in ids.values()}}
            if number % 2:
                request["json_schema"] = schema
            else:
                request["response_format"] = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
            status, answer = server.ask("POST", "/v1/completions", request)
            assert status == 200, (status, answer, schema)
            choice = answer["choices"][0]
            if choice["finish_reason"] != "stop":
                cut += 1
                continue
            try:
                value = json.loads(choice["text"])
                jsonschema.Draft202012Validator(schema, format_checker=checker()).validate(value)
            except (ValueError, jsonschema.ValidationError) as error:
                raise AssertionError(f"schema {json.dumps(schema)}\nanswer {choice['text']!r}\n{error}") from error
            done += 1
        server.stop()
    print(f"{done} answers are valid; {cut} were cut at 2000 tokens")
    assert cut * 20 < count, "too many were cut"


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:])

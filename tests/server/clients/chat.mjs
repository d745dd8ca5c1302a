// The official client of OpenAI's API for JavaScript: what it is answered, as JSON.
// usage: node chat.mjs BASE_URL
import OpenAI from "openai";

const client = new OpenAI({baseURL: process.argv[2], apiKey: "any", maxRetries: 0});
const messages = [{role: "user", content: "Hello!"}];
const asked = {model: "any", messages, seed: 1};
const weather = {type: "function", function: {name: "weather", parameters: {
  type: "object", properties: {city: {type: "string", maxLength: 6}}, required: ["city"], additionalProperties: false}}};

const told = {};
told.models = (await client.models.list()).data.map((model) => model.id);
told.whole = (await client.chat.completions.create(asked)).choices[0].message.content;
told.streamed = "";
for await (const chunk of await client.chat.completions.create({...asked, stream: true})) {
  told.streamed += chunk.choices[0]?.delta?.content ?? "";
}
told.helper = await client.chat.completions.stream(asked).finalContent();
told.call = (await client.chat.completions.stream({...asked, tools: [weather], tool_choice: "required"}).finalMessage()).tool_calls[0].function;
told.response = (await client.responses.create({model: "any", input: "Hello!"})).output_text;
told.responseStreamed = "";
for await (const event of await client.responses.create({model: "any", input: "Hello!", stream: true})) {
  if (event.type === "response.output_text.delta") told.responseStreamed += event.delta;
}
told.embedding = (await client.embeddings.create({model: "any", input: "Hello!"})).data[0].embedding.length;
told.error = await client.chat.completions.create({...asked, temperature: 1000}).then(() => 200, (error) => error.status);
console.log(JSON.stringify(told));

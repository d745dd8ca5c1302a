"""The C border for ctypes: the structs, constants and functions of rwkvk.h, rwkvk_engine.h and rwkvk_grammar.h that the
package uses, by their names there; of rwkvk_tools.h, which may change with every version, the hasher alone. A test compares
every struct with what a C compiler makes of the headers."""

from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t
from ctypes import c_uint32, c_uint64, c_void_p
from typing import Any, Dict, List

OK = 0
BAD_ARGUMENT = 1
DEVICE_LOST, CANCELLED = 9, 13
EVENT_PIECE, EVENT_DONE, EVENT_HIDDEN = 2, 3, 5
DONE_CANCELLED, DONE_FAILED = 2, 3
FINISHES = ("stop", "length", "cancelled", "failed")  # by RWKVK_DONE_*
THINKING = ("none", "fast", "on", "little", "lot")  # by RWKVK_THINK_*
DEVICE_TYPES = ("other", "integrated", "discrete", "software")  # by RWKVK_DEVICE_*
WANT_LAST, WANT_ALL = 1, 2

Token = c_uint32
Tokens = POINTER(Token)
Handle = c_void_p


class rwkvk_runtime_params(Structure):
    _fields_ = [("size", c_uint32), ("log", c_void_p), ("log_user", c_void_p), ("cache_folder", c_char_p)]


class rwkvk_device_info(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("index", c_uint32),
        ("name", c_char * 256),
        ("vendor", c_char * 64),
        ("driver", c_char * 256),
        ("uuid", c_char * 33),
        ("api_version", c_char * 16),
        ("facts", c_char * 256),
        ("type", c_int32),
        ("max_invocations", c_uint32),
        ("shared_bytes", c_uint32),
        ("memory_bytes", c_uint64),
        ("max_binding_bytes", c_uint64),
    ]


class rwkvk_adapter(Structure):
    _fields_ = [("path", c_char_p), ("scale", c_float)]


class rwkvk_model_params(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("adapters", POINTER(rwkvk_adapter)),
        ("adapter_count", c_size_t),
        ("weights", c_char_p),
    ]


class rwkvk_model_info(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("name", c_char * 256),
        ("version", c_char * 8),
        ("format", c_char * 16),
        ("layers", c_uint32),
        ("width", c_uint32),
        ("heads", c_uint32),
        ("head_size", c_uint32),
        ("ffn", c_uint32),
        ("vocabulary", c_uint32),
        ("parameters", c_uint64),
        ("weight_bytes", c_uint64),
        ("state_elements", c_uint64),
    ]


class rwkvk_context_params(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("device", c_char_p),
        ("math", c_int32),
        ("slots", c_uint32),
        ("max_rows", c_uint32),
        ("threads", c_uint32),
        ("progress", c_void_p),
        ("progress_user", c_void_p),
        ("device_weight_bytes", c_uint64),
        ("own_device", Handle),
    ]


class rwkvk_sampler_params(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("order", c_int32),
        ("seed", c_uint64),
        ("temperature", c_float),
        ("top_p", c_float),
        ("top_k", c_uint32),
        ("min_p", c_float),
        ("typical", c_float),
        ("presence", c_float),
        ("frequency", c_float),
        ("decay", c_float),
        ("repeat", c_float),
    ]


class rwkvk_tool_call(Structure):
    _fields_ = [("name", c_char_p), ("arguments", c_char_p)]


class rwkvk_message(Structure):
    _fields_ = [("role", c_char_p), ("text", c_char_p), ("calls", POINTER(rwkvk_tool_call)), ("call_count", c_size_t)]


class rwkvk_tool(Structure):
    _fields_ = [("name", c_char_p), ("description", c_char_p), ("parameters", c_char_p), ("strict", c_int32)]


class rwkvk_prompt_params(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("template_name", c_char_p),
        ("template_text", c_char_p),
        ("thinking", c_int32),
        ("tools", POINTER(rwkvk_tool)),
        ("tool_count", c_size_t),
        ("continues", c_int32),
        ("answered", c_int32),
        ("begun", c_int32),
        ("tool_form", c_int32),
    ]


class rwkvk_engine_params(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("context", POINTER(rwkvk_context_params)),
        ("queue", c_uint32),
        ("step_us", c_uint32),
        ("cache_bytes", c_uint64),
        ("own_thread", c_int32),
    ]


class rwkvk_token_score(Structure):
    _fields_ = [("token", Token), ("log_probability", c_float)]


class rwkvk_engine_event(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_int32),
        ("request", c_uint64),
        ("done", c_size_t),
        ("total", c_size_t),
        ("token", Token),
        ("text", c_void_p),
        ("text_bytes", c_size_t),
        ("reasoning", c_void_p),
        ("reasoning_bytes", c_size_t),
        ("end", c_int32),
        ("status", c_int32),
        ("message", c_char_p),
        ("prompt_tokens", c_uint64),
        ("cached_tokens", c_uint64),
        ("answer_tokens", c_uint64),
        ("queued_seconds", c_double),
        ("prompt_seconds", c_double),
        ("answer_seconds", c_double),
        ("snapshot", Handle),
        ("log_probability", c_float),
        ("alternatives", c_void_p),
        ("alternative_count", c_size_t),
        ("hidden", c_void_p),
        ("hidden_count", c_size_t),
        ("answer", POINTER(rwkvk_token_score)),
        ("answer_count", c_size_t),
        ("prompt_scores", POINTER(rwkvk_token_score)),
        ("prompt_score_count", c_size_t),
    ]


event_fn = CFUNCTYPE(None, c_void_p, POINTER(rwkvk_engine_event))
log_fn = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)


class rwkvk_engine_request(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("prompt", Handle),
        ("tokens", Tokens),
        ("token_count", c_size_t),
        ("keep", POINTER(c_size_t)),
        ("keep_count", c_size_t),
        ("reply_start", c_int32),
        ("sampling", POINTER(rwkvk_sampler_params)),
        ("sampler", Handle),
        ("max_tokens", c_uint32),
        ("ends", Tokens),
        ("end_count", c_size_t),
        ("stops", POINTER(c_char_p)),
        ("stop_count", c_size_t),
        ("owner", c_char_p),
        ("domain", c_char_p),
        ("event", event_fn),
        ("user", c_void_p),
        ("from", Handle),
        ("wants_snapshot", c_int32),
        ("wants_scores", c_int32),
        ("wants_prompt_scores", c_int32),
        ("alternatives", c_uint32),
        ("wants_hidden", c_int32),
        ("wants_whole", c_int32),
    ]


class rwkvk_engine_info(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("running", c_uint32),
        ("waiting", c_uint32),
        ("kept_states", c_uint64),
        ("kept_bytes", c_uint64),
        ("steps", c_uint64),
        ("rows", c_uint64),
        ("prompt_tokens", c_uint64),
        ("cached_tokens", c_uint64),
        ("answer_tokens", c_uint64),
        ("finished", c_uint64),
        ("failed", c_uint64),
        ("rebuilds", c_uint64),
        ("device_bytes", c_uint64),
    ]


STRUCTS = [kind for name, kind in list(globals().items()) if name.startswith("rwkvk_")]


def _made(params: Any, *before: Any) -> List[Any]:
    """A function that makes a handle: of what, with which parameters, where to."""
    return [c_int32, *before, POINTER(params), POINTER(Handle)]


# Result, then arguments.
FUNCTIONS: Dict[str, List[Any]] = {
    "rwkvk_version": [c_char_p],
    "rwkvk_status_name": [c_char_p, c_int32],
    "rwkvk_last_error": [c_char_p, Handle],
    "rwkvk_runtime_create": _made(rwkvk_runtime_params),
    "rwkvk_runtime_device_count": [c_int32, Handle, POINTER(c_uint32)],
    "rwkvk_runtime_device_info": [c_int32, Handle, c_uint32, POINTER(rwkvk_device_info)],
    "rwkvk_model_load": _made(rwkvk_model_params, Handle, c_char_p),
    "rwkvk_model_destroy": [None, Handle],
    "rwkvk_model_info_get": [c_int32, Handle, POINTER(rwkvk_model_info)],
    "rwkvk_model_fingerprint": [c_int32, Handle, c_char_p],
    "rwkvk_model_sampling": [c_int32, Handle, POINTER(rwkvk_sampler_params)],
    "rwkvk_tokenizer_open_for_model": [c_int32, Handle, c_char_p, POINTER(Handle)],
    "rwkvk_tokenizer_destroy": [None, Handle],
    "rwkvk_tokenize": [c_int32, Handle, c_char_p, c_size_t, Tokens, c_size_t, POINTER(c_size_t)],
    "rwkvk_token_text": [c_void_p, Handle, Token, POINTER(c_size_t)],
    "rwkvk_tokenizer_end_of_text": [c_int64, Handle],
    "rwkvk_context_create": _made(rwkvk_context_params, Handle),
    "rwkvk_context_destroy": [None, Handle],
    "rwkvk_context_device": [c_char_p, Handle],
    "rwkvk_eval": [c_int32, Handle, c_uint32, Tokens, c_size_t, POINTER(c_float)],
    "rwkvk_state_reset": [c_int32, Handle, c_uint32],
    "rwkvk_state_get": [c_int32, Handle, c_uint32, c_void_p, c_size_t],
    "rwkvk_state_set": [c_int32, Handle, c_uint32, c_void_p, c_size_t],
    "rwkvk_prompt_create": [
        c_int32,
        Handle,
        Handle,
        POINTER(rwkvk_prompt_params),
        POINTER(rwkvk_message),
        c_size_t,
        POINTER(Handle),
    ],
    "rwkvk_prompt_destroy": [None, Handle],
    "rwkvk_prompt_sampling": [c_int32, Handle, POINTER(rwkvk_sampler_params)],
    "rwkvk_prompt_tokens": [Tokens, Handle, POINTER(c_size_t)],
    "rwkvk_snapshot_values": [c_void_p, Handle, POINTER(c_size_t)],
    "rwkvk_sampler_create": _made(rwkvk_sampler_params, Handle),
    "rwkvk_sampler_destroy": [None, Handle],
    "rwkvk_sampler_grammar": [c_int32, Handle, Handle],
    "rwkvk_grammar_gbnf": [c_int32, Handle, c_char_p, POINTER(Handle)],
    "rwkvk_grammar_json_schema": [c_int32, Handle, c_char_p, POINTER(Handle)],
    "rwkvk_grammar_destroy": [None, Handle],
    "rwkvk_engine_create": _made(rwkvk_engine_params, Handle, Handle),
    "rwkvk_engine_destroy": [None, Handle],
    "rwkvk_engine_device": [c_char_p, Handle],
    "rwkvk_engine_submit": [c_int32, Handle, POINTER(rwkvk_engine_request), POINTER(c_uint64)],
    "rwkvk_engine_cancel": [None, Handle, c_uint64],
    "rwkvk_engine_info_get": [c_int32, Handle, POINTER(rwkvk_engine_info)],
    "rwkvk_hasher_create": [c_int32, POINTER(Handle)],
    "rwkvk_hasher_destroy": [None, Handle],
    "rwkvk_hasher_add": [None, Handle, c_char_p, c_size_t],
    "rwkvk_hasher_hex": [None, Handle, c_char_p],
}
for _struct in STRUCTS:
    if _struct.__name__.endswith(("_params", "_request")):
        FUNCTIONS[_struct.__name__ + "_default"] = [None, POINTER(_struct), c_uint32]

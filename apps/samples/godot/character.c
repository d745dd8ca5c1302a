/* A class for Godot 4, RwkvkCharacter: answers questions, a little in every frame. docs/EMBEDDING.md says how
 * it is built. First what rwkvk is used for, then what makes a class of it. */
#include "gdextension_interface.h"
#include <rwkvk_engine.h>
#include <stdbool.h>
#include <stdlib.h>

/* Godot's String and StringName: of the size of a pointer. */
typedef struct {
    void *bits;
} string;

static GDExtensionInterfacePrintError print_error;
static GDExtensionInterfaceStringNewWithUtf8CharsAndLen2 string_new_with_utf8_chars_and_len2;
static GDExtensionInterfaceStringToUtf8Chars string_to_utf8_chars;
static GDExtensionInterfaceStringOperatorPlusEqString string_operator_plus_eq_string;
static GDExtensionInterfaceStringNameNewWithLatin1Chars string_name_new_with_latin1_chars;
static GDExtensionInterfaceVariantGetType variant_get_type;
static GDExtensionInterfaceGetVariantFromTypeConstructor get_variant_from_type_constructor;
static GDExtensionInterfaceGetVariantToTypeConstructor get_variant_to_type_constructor;
static GDExtensionInterfaceClassdbConstructObject2 classdb_construct_object2;
static GDExtensionInterfaceObjectSetInstance object_set_instance;
static GDExtensionPtrDestructor string_destroy;

/* ---- The character ------------------------------------------------------------------------------- */

typedef struct {
    rwkvk_runtime *runtime;
    rwkvk_model *model;
    rwkvk_tokenizer *tokenizer;
    rwkvk_engine *engine;
    string text; /* said, and not taken yet */
    bool speaking;
} character;

static void complain(const char *why, const char *method) { print_error(why, method, "RwkvkCharacter", 0, true); }

static bool succeeded(const character *self, rwkvk_status status, const char *method) {
    if (status) complain(self->runtime ? rwkvk_last_error(self->runtime) : "no model is loaded", method);
    return !status;
}

static char *utf8_of(const void *text) { /* to be freed */
    const GDExtensionInt bytes = string_to_utf8_chars(text, NULL, 0);
    char *copy = calloc((size_t)bytes + 1, 1);
    if (copy) string_to_utf8_chars(text, copy, bytes);
    return copy;
}

static void unload(character *self) {
    rwkvk_engine_destroy(self->engine);
    rwkvk_tokenizer_destroy(self->tokenizer);
    rwkvk_model_destroy(self->model);
    rwkvk_runtime_destroy(self->runtime);
    self->engine = NULL;
    self->tokenizer = NULL;
    self->model = NULL;
    self->runtime = NULL;
}

/* The methods, as Godot calls them: pointers to the arguments, a pointer to the result. */

static void load(void *unused, void *instance, const GDExtensionConstTypePtr *arguments, void *result) {
    (void)unused;
    character *self = instance;
    char *path = utf8_of(arguments[0]);
    unload(self);
    rwkvk_status status = rwkvk_runtime_create(NULL, &self->runtime);
    if (!status) status = rwkvk_model_load(self->runtime, path, NULL, &self->model);
    if (!status) status = rwkvk_tokenizer_of_model(self->model, &self->tokenizer);
    if (!status) status = rwkvk_engine_create(self->model, self->tokenizer, NULL, &self->engine);
    free(path);
    *(GDExtensionBool *)result = succeeded(self, status, "load");
}

static void on_event(void *user, const rwkvk_engine_event *event) {
    character *self = user;
    string piece;
    string_new_with_utf8_chars_and_len2(&piece, event->text_bytes ? event->text : "",
                                        (GDExtensionInt)event->text_bytes);
    string_operator_plus_eq_string(&self->text, &piece);
    string_destroy(&piece);
    if (event->kind != RWKVK_EVENT_DONE) return;
    self->speaking = false;
    if (event->end == RWKVK_DONE_FAILED) complain(event->message, "step");
}

static void ask(void *unused, void *instance, const GDExtensionConstTypePtr *arguments, void *result) {
    (void)unused;
    character *self = instance;
    *(GDExtensionBool *)result = false;
    if (self->speaking) {
        complain("the last question is not answered yet", "ask");
        return;
    }
    char *text = utf8_of(arguments[0]);
    const rwkvk_message question = {.role = "user", .text = text};
    rwkvk_prompt *prompt = NULL;
    rwkvk_status status = rwkvk_prompt_create(self->model, self->tokenizer, NULL, &question, 1, &prompt);
    rwkvk_engine_request request;
    rwkvk_engine_request_default(&request, sizeof request);
    request.prompt = prompt;
    request.event = on_event;
    request.user = self;
    if (!status) status = rwkvk_engine_submit(self->engine, &request, NULL);
    rwkvk_prompt_destroy(prompt);
    free(text);
    *(GDExtensionBool *)result = self->speaking = succeeded(self, status, "ask");
}

static void step(void *unused, void *instance, const GDExtensionConstTypePtr *arguments, void *result) {
    (void)unused;
    character *self = instance;
    int64_t budget = *(const int64_t *)arguments[0];
    if (budget < 1) budget = 1; /* 0 would be a whole token */
    if (budget > UINT32_MAX) budget = UINT32_MAX;
    if (self->speaking) rwkvk_engine_step(self->engine, (uint32_t)budget, NULL); /* events tell what fails */
    *(GDExtensionBool *)result = self->speaking;
}

static void take_text(void *unused, void *instance, const GDExtensionConstTypePtr *arguments, void *result) {
    (void)unused;
    (void)arguments;
    character *self = instance;
    string_destroy(result);
    *(string *)result = self->text;
    string_new_with_utf8_chars_and_len2(&self->text, "", 0);
}

/* ---- The class ----------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    GDExtensionClassMethodPtrCall call;
    GDExtensionVariantType result;
    const char *argument; /* NULL: takes none */
    GDExtensionVariantType argument_type;
} method;

static method methods[] = {
    {"load", load, GDEXTENSION_VARIANT_TYPE_BOOL, "path", GDEXTENSION_VARIANT_TYPE_STRING},
    {"ask", ask, GDEXTENSION_VARIANT_TYPE_BOOL, "question", GDEXTENSION_VARIANT_TYPE_STRING},
    {"step", step, GDEXTENSION_VARIANT_TYPE_BOOL, "budget_us", GDEXTENSION_VARIANT_TYPE_INT},
    {"take_text", take_text, GDEXTENSION_VARIANT_TYPE_STRING, NULL, GDEXTENSION_VARIANT_TYPE_NIL},
};

/* Calls from scripts that do not know the type of what they call. */
static void call_with_variants(void *userdata, void *instance, const GDExtensionConstVariantPtr *variants,
                               GDExtensionInt count, GDExtensionVariantPtr result, GDExtensionCallError *error) {
    const method *called = userdata;
    const GDExtensionInt wanted = called->argument ? 1 : 0;
    union {
        int64_t number;
        GDExtensionBool truth;
        string text;
    } argument, answer;
    const GDExtensionConstTypePtr arguments[] = {&argument};
    if (count != wanted) {
        error->error =
            count < wanted ? GDEXTENSION_CALL_ERROR_TOO_FEW_ARGUMENTS : GDEXTENSION_CALL_ERROR_TOO_MANY_ARGUMENTS;
        error->expected = (int32_t)wanted;
        return;
    }
    if (wanted && variant_get_type(variants[0]) != called->argument_type) {
        error->error = GDEXTENSION_CALL_ERROR_INVALID_ARGUMENT;
        error->argument = 0;
        error->expected = (int32_t)called->argument_type;
        return;
    }
    if (wanted) get_variant_to_type_constructor(called->argument_type)(&argument, (void *)variants[0]);
    if (called->result == GDEXTENSION_VARIANT_TYPE_STRING) string_new_with_utf8_chars_and_len2(&answer.text, "", 0);
    called->call(NULL, instance, arguments, &answer);
    get_variant_from_type_constructor(called->result)(result, &answer);
    if (called->result == GDEXTENSION_VARIANT_TYPE_STRING) string_destroy(&answer.text);
    if (called->argument_type == GDEXTENSION_VARIANT_TYPE_STRING) string_destroy(&argument.text);
}

static string name(const char *text) {
    string made;
    string_name_new_with_latin1_chars(&made, text, true);
    return made;
}

static GDExtensionObjectPtr create(void *unused, GDExtensionBool notify) {
    (void)unused;
    (void)notify; /* of being made: a RefCounted does nothing then */
    character *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    string_new_with_utf8_chars_and_len2(&self->text, "", 0);
    string class_name = name("RwkvkCharacter"), parent = name("RefCounted");
    GDExtensionObjectPtr object = classdb_construct_object2(&parent);
    object_set_instance(object, &class_name, self);
    return object;
}

static void destroy(void *unused, void *instance) {
    (void)unused;
    character *self = instance;
    unload(self);
    string_destroy(&self->text);
    free(self);
}

static GDExtensionInterfaceGetProcAddress find;
static GDExtensionClassLibraryPtr library;
#define FIND(function, type) function = (GDExtensionInterface##type)(void (*)(void))find(#function)

static void initialize(void *unused, GDExtensionInitializationLevel level) {
    (void)unused;
    if (level != GDEXTENSION_INITIALIZATION_SCENE) return;
    GDExtensionInterfaceVariantGetPtrDestructor variant_get_ptr_destructor;
    GDExtensionInterfaceClassdbRegisterExtensionClass4 classdb_register_extension_class4;
    GDExtensionInterfaceClassdbRegisterExtensionClassMethod classdb_register_extension_class_method;
    FIND(print_error, PrintError);
    FIND(string_new_with_utf8_chars_and_len2, StringNewWithUtf8CharsAndLen2);
    FIND(string_to_utf8_chars, StringToUtf8Chars);
    FIND(string_operator_plus_eq_string, StringOperatorPlusEqString);
    FIND(string_name_new_with_latin1_chars, StringNameNewWithLatin1Chars);
    FIND(variant_get_type, VariantGetType);
    FIND(get_variant_from_type_constructor, GetVariantFromTypeConstructor);
    FIND(get_variant_to_type_constructor, GetVariantToTypeConstructor);
    FIND(variant_get_ptr_destructor, VariantGetPtrDestructor);
    FIND(classdb_construct_object2, ClassdbConstructObject2);
    FIND(object_set_instance, ObjectSetInstance);
    FIND(classdb_register_extension_class4, ClassdbRegisterExtensionClass4);
    FIND(classdb_register_extension_class_method, ClassdbRegisterExtensionClassMethod);
    string_destroy = variant_get_ptr_destructor(GDEXTENSION_VARIANT_TYPE_STRING);

    string class_name = name("RwkvkCharacter"), parent = name("RefCounted"), no_name = name(""), no_text;
    string_new_with_utf8_chars_and_len2(&no_text, "", 0);
    const GDExtensionClassCreationInfo4 class_info = {
        .is_exposed = true, .create_instance_func = create, .free_instance_func = destroy};
    classdb_register_extension_class4(library, &class_name, &parent, &class_info);
    for (size_t at = 0; at < sizeof methods / sizeof *methods; at++) {
        method *made = &methods[at];
        string method_name = name(made->name), argument_name = name(made->argument ? made->argument : "");
        GDExtensionPropertyInfo result = {
            .type = made->result, .name = &no_name, .class_name = &no_name, .hint_string = &no_text};
        GDExtensionPropertyInfo argument = result;
        argument.type = made->argument_type;
        argument.name = &argument_name;
        GDExtensionClassMethodArgumentMetadata plain = GDEXTENSION_METHOD_ARGUMENT_METADATA_NONE;
        const GDExtensionClassMethodInfo method_info = {.name = &method_name,
                                                        .method_userdata = made,
                                                        .call_func = call_with_variants,
                                                        .ptrcall_func = made->call,
                                                        .method_flags = GDEXTENSION_METHOD_FLAGS_DEFAULT,
                                                        .has_return_value = true,
                                                        .return_value_info = &result,
                                                        .argument_count = made->argument ? 1 : 0,
                                                        .arguments_info = &argument,
                                                        .arguments_metadata = &plain};
        classdb_register_extension_class_method(library, &class_name, &method_info);
    }
    string_destroy(&no_text);
}

static void deinitialize(void *unused, GDExtensionInitializationLevel level) {
    (void)unused;
    if (level != GDEXTENSION_INITIALIZATION_SCENE) return;
    GDExtensionInterfaceClassdbUnregisterExtensionClass classdb_unregister_extension_class;
    FIND(classdb_unregister_extension_class, ClassdbUnregisterExtensionClass);
    string class_name = name("RwkvkCharacter");
    classdb_unregister_extension_class(library, &class_name);
}

/* rwkvk.gdextension names it. */
GDExtensionBool rwkvk_character_init(GDExtensionInterfaceGetProcAddress get_proc_address,
                                     GDExtensionClassLibraryPtr class_library,
                                     GDExtensionInitialization *initialization) {
    find = get_proc_address;
    library = class_library;
    initialization->minimum_initialization_level = GDEXTENSION_INITIALIZATION_SCENE;
    initialization->initialize = initialize;
    initialization->deinitialize = deinitialize;
    return true;
}

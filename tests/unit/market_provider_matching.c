/* Attributes, requirements and capabilities: the corners that the vectors leave out. */
#include "models/market/requirements.h"
#include "tests/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct attributes list(struct arena *arena, const char *text)
{
    return attributes_from_text(arena, text);
}

static void star_never_crosses_a_slash(void **state)
{
    (void)state;
    assert_true(attribute_glob("a/*/c", "a/b/c"));
    assert_true(attribute_glob("a*c", "abcbc"));
    assert_true(attribute_glob("*", ""));
    assert_false(attribute_glob("a*c", "ab/c"));
    assert_false(attribute_glob("*", "a/b"));
    assert_false(attribute_glob("a*", "b"));
    assert_false(attribute_glob("", "a"));
    assert_true(attribute_glob("", ""));
    assert_false(attribute_glob("abc", "ab"));
}

/* Against the plainest definition: try every length of the run. */
static bool slow_glob(const char *pattern, const char *text)
{
    if (*pattern != '*')
        return *pattern == *text && (!*text || slow_glob(pattern + 1, text + 1));
    return slow_glob(pattern + 1, text) || (*text && *text != '/' && slow_glob(pattern, text + 1));
}

static void all_short_globs_agree_with_the_definition(void **state)
{
    (void)state;
    static const char letters[] = "ab/*";
    char pattern[5], text[6];
    for (int p = 0; p < 256; p++)
        for (int t = 0; t < 243; t++) {
            int rest = p, others = t;
            memset(pattern, 0, sizeof pattern);
            memset(text, 0, sizeof text);
            for (int i = 0; i < 4; i++, rest /= 4)
                pattern[i] = letters[rest % 4];
            for (int i = 0; i < 5; i++, others /= 3)
                text[i] = letters[others % 3];
            text[t % 6] = '\0';
            assert_int_equal(attribute_glob(pattern, text), slow_glob(pattern, text));
        }
}

static void wildcard_belongs_to_tenants(void **state)
{
    (void)state;
    assert_true(attribute_key_valid("re*", ATTRIBUTES_OF_TENANT));
    assert_false(attribute_key_valid("re*", ATTRIBUTES_OF_PROVIDER));
    assert_false(attribute_key_valid("r*", ATTRIBUTES_OF_TENANT)); /* the middle part needs a character of its own */
    assert_false(attribute_key_valid("r*e", ATTRIBUTES_OF_TENANT));
    assert_false(attribute_key_valid("", ATTRIBUTES_OF_TENANT));
    assert_true(attribute_key_valid("a/", ATTRIBUTES_OF_PROVIDER));
    assert_false(attribute_key_valid("a\xc3\xa9", ATTRIBUTES_OF_TENANT));
}

static void longest_key_must_end_in_a_letter_or_digit(void **state)
{
    (void)state;
    char key[130];
    memset(key, 'a', sizeof key);
    key[128] = '\0';
    assert_true(attribute_key_valid(key, ATTRIBUTES_OF_PROVIDER));
    key[127] = '/';
    assert_false(attribute_key_valid(key, ATTRIBUTES_OF_PROVIDER));
    key[127] = '\0';
    key[126] = '/';
    assert_true(attribute_key_valid(key, ATTRIBUTES_OF_PROVIDER));
}

static void lists_are_read_from_text(void **state)
{
    const struct attributes read = list(*state, "region=us-west|tier|a=b=c");
    assert_int_equal(read.count, 3);
    assert_string_equal(attributes_find(read, "region"), "us-west");
    assert_string_equal(attributes_find(read, "tier"), "");
    assert_string_equal(attributes_find(read, "a"), "b=c");
    assert_null(attributes_find(read, "b"));
    assert_int_equal(list(*state, "-").count, 0);
}

static void own_word_is_ignored_when_signers_are_demanded(void **state)
{
    const char *auditor = "akash1auditor";
    const struct attributes wanted = list(*state, "region=us");
    const struct market_requirements requirements = {.attributes = wanted, .any_of = &auditor, .n_any_of = 1};
    struct requirements_audit audit = {auditor, list(*state, "tier=1")};
    struct requirements_provider provider = {wanted, &audit, 1};
    assert_false(requirements_match(&requirements, &provider));
    audit.attributes = list(*state, "region=us|tier=1");
    assert_true(requirements_match(&requirements, &provider));
    provider.own = (struct attributes){0};
    assert_true(requirements_match(&requirements, &provider));
}

static bool gpu_match(struct arena *arena, const char *requested, const char *provider)
{
    return requirements_gpu_match(list(arena, requested), list(arena, provider));
}

static void gpu_capabilities_need_every_published_prefix(void **state)
{
    assert_false(
        gpu_match(*state, "vendor/nvidia/model/a100=true", "capabilities/gpu/vendor/nvidia/model/a100/ram/80Gi=true"));
    assert_true(gpu_match(*state, "vendor/nvidia/model/a100*=true", "capabilities/gpu/vendor/nvidia/model/a100=true"));
    assert_false(gpu_match(*state, "vendor=true", "capabilities/gpu/vendor=true")); /* two more parts are needed */
    assert_false(gpu_match(*state, "vendor/nvidia=true", "capabilities/gpux/vendor/nvidia=true"));
}

static void one_storage_group_must_hold_all_of_a_volume(void **state)
{
    const struct market_volume volume = {.attributes = list(*state, "persistent=true|class=beta2")};
    assert_true(requirements_storage_match(&volume, 1,
                                           list(*state, "capabilities/storage/1/class=beta1|"
                                                        "capabilities/storage/2/class=beta2|capabilities/storage/1/"
                                                        "persistent=true|capabilities/storage/2/persistent=true")));
    assert_false(requirements_storage_match(&volume, 1,
                                            list(*state, "capabilities/storage/1/class=beta2|"
                                                         "capabilities/storage/11/persistent=true")));
    assert_false(requirements_storage_match(&volume, 1, (struct attributes){0}));
    const struct market_volume plain = {.bytes = 1};
    assert_true(requirements_storage_match(&plain, 1, (struct attributes){0}));
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(star_never_crosses_a_slash),
        test(all_short_globs_agree_with_the_definition),
        test(wildcard_belongs_to_tenants),
        test(longest_key_must_end_in_a_letter_or_digit),
        test(lists_are_read_from_text),
        test(own_word_is_ignored_when_signers_are_demanded),
        test(gpu_capabilities_need_every_published_prefix),
        test(one_storage_group_must_hold_all_of_a_volume),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

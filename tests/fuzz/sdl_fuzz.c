/* Throws mutated deployment files at the SDL reader. Whatever comes in, it says what is wrong, with a place in the text, or gives
 * groups that the chain would take; what it says never holds a control character, and reading the same again gives the same.
 */
#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"
#include "sim/base/hash.h"
#include "tests/fuzz/fuzz.h"

static const char *const words[] = {
    "&a ", "*a", "<<: ", "{", "}", "[", "]", ": ", "- ", "\n", "\n  ", "\t", "\"", "'", "|\n", ">-\n", "!!str ", "!x ", "? ", "# ", "---\n", "...\n", "%YAML 1.1\n", "null", "~", "true",
    "no", "-1", "0", "1e9", "1e999999999", "4294967296", "99999999999999999999999999", "0x10", "NaN", ".inf", "1.5Gi", "128Mi", "3E", "100m", "-0.5M", "1 Gi", "2.0", "2.1", "2.0.1",
    "version", "services", "web", "global", "ip", "meow", "port", "65536", "udp", "HTTP", "persistent", "class", "ram", "beta3", "gold", "amd", "nvidia", "model", "sxm", "amount",
    "0.0000000000000000001", "uakt", "usdc", "count", "profile", "deployment", "reclamation", "min_window", "24h", "-1h", "\\x00", "\x01", "\x7f", "\xff", "\xc3\xa9", "\xe2\x80\xae",
    "\xef\xbb\xbf", "\"\\0\"", "\"\\e[31m\"", "%s%n", "/mnt", "cpu-gpu"};

static uint64_t hash_sdl(const struct sdl *sdl)
{
    uint64_t hash = hash_word(0, (uint64_t)sdl->mistakes.errors);
    for (const struct mistake *m = sdl->mistakes.first; m != NULL; m = m->next)
        hash = hash_bytes(hash, m->message, strlen(m->message));
    for (int32_t g = 0; g < sdl->n_groups; g++)
        for (int32_t u = 0; u < sdl->groups[g].spec.n_units; u++)
            hash = hash_word(hash_bytes(hash, sdl->groups[g].notes[u].services, strlen(sdl->groups[g].notes[u].services)), sdl->groups[g].spec.units[u].count);
    return hash;
}

static void assert_shown(const struct sdl *sdl)
{
    char *text = NULL;
    size_t bytes;
    struct mistakes mistakes = sdl->mistakes;
    FILE *file = open_memstream(&text, &bytes);
    mistakes_print(&mistakes, file);
    fclose(file);
    for (size_t i = 0; i < bytes; i++)
        assert_true(text[i] == '\n' || ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f));
    assert_non_null(strstr(text, ": error: "));
    free(text);
}

static void assert_sound(const struct sdl *sdl, const struct fuzz_text *text)
{
    int lines = 1;
    for (size_t i = 0; i < text->length; i++)
        lines += text->bytes[i] == '\n';
    for (const struct mistake *m = sdl->mistakes.first; m != NULL; m = m->next)
        assert_true(m->message[0] != '\0' && m->mark.line >= 0 && m->mark.line <= lines + 1 && (m->mark.line == 0 || m->mark.column >= 1));
    if (sdl->mistakes.errors > 0) {
        assert_int_equal(sdl->n_groups, 0);
        assert_shown(sdl);
        return;
    }
    assert_true(sdl->n_groups > 0);
    for (int32_t g = 0; g < sdl->n_groups; g++) {
        const struct market_group_spec *spec = &sdl->groups[g].spec;
        enum group_fault fault = group_spec_validate(spec, true);
        /* A price may be in a denom that the market does not know. */
        assert_true(fault == GROUP_OK || ((fault == GROUP_PRICE_INVALID || fault == GROUP_DENOM_MIXED) && sdl->groups[g].notes[0].denom[0] != '\0'));
        assert_true(g == 0 || strcmp(sdl->groups[g - 1].spec.name, spec->name) < 0);
        for (int32_t u = 0; u < spec->n_units; u++)
            assert_true(spec->units[u].id == (uint32_t)u + 1 && decimal_is_positive(spec->units[u].price));
    }
}

enum { REFUSED, ACCEPTED };

/* One reader of the four that there are, chosen by the text. */
static unsigned judge(struct arena *arena, const struct fuzz_text *text)
{
    struct sdl_rules rules;
    uint64_t choice = hash_bytes(0, text->bytes, text->length);
    assert_true(sdl_rules_named(choice % 3 == 0 ? "2024-07" : "2026-08", &rules));
    rules.foreign_vendor_is_nvidia = choice / 3 % 4 != 0;
    const struct sdl *sdl = sdl_read(arena, "fuzz.yaml", text->bytes, text->length, &rules);
    assert_sound(sdl, text);
    assert_true(hash_sdl(sdl) == hash_sdl(sdl_read(arena, "fuzz.yaml", text->bytes, text->length, &rules)));
    return sdl->mistakes.errors == 0 ? ACCEPTED : REFUSED;
}

static const struct fuzz_target target = {.name = "sdl",
                                          .claim = "any_text_gives_mistakes_or_valid_groups",
                                          .words = words,
                                          .n_words = sizeof words / sizeof *words,
                                          .rounds = 4000,
                                          .wild = 19,
                                          .judge = judge,
                                          .least = {[REFUSED] = 20, [ACCEPTED] = 50}};
FUZZ_ENTRY(target)

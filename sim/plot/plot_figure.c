/* One figure: its data, its script, and gnuplot. */
#include "sim/plot/plot_internal.h"
#include "sim/base/check.h"
#include "sim/base/message.h"
#include "sim/study/version.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- The script's parameters --- */

/* Gnuplot takes what is in single quotes as it is. A quote within is joined from outside: doubled it would do, but not as the first
 * character nor beside another one. */
static void write_literal(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("' . \"'\" . '", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

/* A text of several lines needs double quotes for its \n, and those interpret: so the lines are joined by an operator.
 */
static void write_text(FILE *out, struct arena *arena, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, "\n");
        write_literal(out, arena_format(arena, "%.*s", (int)length, text));
        if (text[length] == '\0')
            return;
        fputs(" . \"\\n\" . ", out);
        text += length + 1;
    }
}

static void write_number(FILE *out, double value)
{
    if (isnan(value))
        fputs("NaN", out);
    else if (isinf(value))
        fputs(value > 0 ? "1e300" : "-1e300", out);
    else
        fprintf(out, "%.10g", value);
}

void figure_number(struct figure *figure, const char *name, double value)
{
    fprintf(figure->script, "%s = ", name);
    write_number(figure->script, value);
    fputc('\n', figure->script);
}

void figure_text(struct figure *figure, const char *name, const char *text)
{
    fprintf(figure->script, "%s = ", name);
    write_text(figure->script, figure->plot->arena, text);
    fputc('\n', figure->script);
}

/* An array cannot be empty in gnuplot: it gets one element that the count beside it hides. */
static void begin_array(struct figure *figure, const char *name, size_t count)
{
    fprintf(figure->script, "%s_count = %zu\narray %s[%zu]\n", name, count, name, count == 0 ? 1 : count);
}

void figure_numbers(struct figure *figure, const char *name, const double *values, size_t count)
{
    begin_array(figure, name, count);
    for (size_t i = 0; i < count; i++) {
        fprintf(figure->script, "%s[%zu] = ", name, i + 1);
        write_number(figure->script, values[i]);
        fputc('\n', figure->script);
    }
}

void figure_texts(struct figure *figure, const char *name, const char *const *texts, size_t count)
{
    begin_array(figure, name, count);
    for (size_t i = 0; i < count; i++) {
        fprintf(figure->script, "%s[%zu] = ", name, i + 1);
        write_text(figure->script, figure->plot->arena, texts[i]);
        fputc('\n', figure->script);
    }
}

void figure_value(struct figure *figure, double value, char after)
{
    if (isfinite(value))
        fprintf(figure->data, "%.10g%c", value, after);
    else
        fprintf(figure->data, "NaN%c", after);
}

/* Blanks for what would end a field, and no quotes, which gnuplot would take for its own. */
void figure_word(struct figure *figure, const char *text, char after)
{
    const char *shown = plot_show(figure->plot->arena, text, 200);
    for (; *shown != '\0'; shown++)
        fputc(*shown == '"' ? '\'' : *shown, figure->data);
    fputc(after, figure->data);
}

double figure_y(const struct figure *figure, double from_top_mm)
{
    return 1 - from_top_mm / figure->height_mm;
}

double figure_x(const struct figure *figure, double from_left_mm)
{
    return from_left_mm / figure->width_mm;
}

/* --- Opening --- */

/* Height of lines of one text: gnuplot's svg terminal sets them half a letter apart, the others closer. */
static double lines_mm(const struct plot *plot, double first_mm, size_t lines)
{
    double further_mm = strcmp(plot->format, "svg") == 0 ? 1.19 * first_mm : first_mm;
    return lines == 0 ? 0 : first_mm + further_mm * (double)(lines - 1);
}

/* The title in one line or two, the subtitle, and at the foot how the numbers were made. */
static void write_frame(struct figure *figure, const char *title, size_t title_lines, const char *subtitle,
                        const char *caption)
{
    figure_text(figure, "title_text", title);
    figure_text(figure, "subtitle_text", subtitle);
    figure_text(figure, "caption_text", caption);
    figure_number(figure, "title_y", figure_y(figure, 1.5));
    figure_number(figure, "subtitle_y", figure_y(figure, 2.0 + lines_mm(figure->plot, LINE_MM, title_lines)));
    figure_number(figure, "caption_y", (figure->bottom_mm - 3) / figure->height_mm);
}

/* What the caption of a run's chart ends with. */
static const char *origin_of(const struct plot *plot)
{
    struct arena *arena = plot->arena;
    const struct store_run *run = &plot->run;
    const char *inputs = store_marks_text(arena, store_read_marks(plot->database));
    return arena_format(arena, "%s%s%snines %s (%s), seed %llu, digest %s", inputs != NULL ? "Inputs: " : "",
                        inputs != NULL ? inputs : "", inputs != NULL ? ". " : "", run->version, run->commit_id,
                        (unsigned long long)run->seed, run->digest == NULL ? "none" : run->digest);
}

void figure_open(struct figure *figure, const struct plot *plot, const char *chart, size_t page, double width_mm,
                 double panels_mm, const char *subtitle, const char *caption)
{
    struct arena *arena = plot->arena;
    *figure = (struct figure){.plot = plot, .chart = chart, .width_mm = width_mm};
    figure->name = page == 0 ? chart : arena_format(arena, "%s-%zu", chart, page + 1);
    figure->script = open_memstream(&figure->script_text, &figure->script_bytes);
    figure->data = open_memstream(&figure->data_text, &figure->data_bytes);
    check(figure->script != NULL && figure->data != NULL, "no memory for a figure");
    size_t title_lines, subtitle_lines, caption_lines;
    const char *name = plot->run.title[0] != '\0' ? plot->run.title : plot->run.scenario;
    const char *title =
        plot_wrap(arena, plot_show(arena, name, 160), (size_t)((width_mm - 6) / CHARACTER_MM), &title_lines);
    subtitle = plot_wrap(arena, plot_show(arena, subtitle, 240), (size_t)((width_mm - 6) / SMALL_CHARACTER_MM),
                         &subtitle_lines);
    const char *whole = arena_format(arena, "%s. %s.", caption, plot->origin != NULL ? plot->origin : origin_of(plot));
    const char *foot =
        plot_wrap(arena, plot_show(arena, whole, 600), (size_t)((width_mm - 6) / SMALL_CHARACTER_MM), &caption_lines);
    figure->top_mm = 3 + lines_mm(plot, LINE_MM, title_lines) +
                     (subtitle[0] == '\0' ? 0 : lines_mm(plot, SMALL_LINE_MM, subtitle_lines) + 0.5);
    figure->bottom_mm = 4.5 + lines_mm(plot, SMALL_LINE_MM, caption_lines);
    figure->height_mm = figure->top_mm + panels_mm + figure->bottom_mm;
    fprintf(figure->script,
            "# Drawn by nines %s (%s). `gnuplot %s.gp` in this folder draws it again from %s.tsv.\n# Run: %s\n\n",
            NINES_VERSION, version_commit(), figure->name, figure->name, plot_show(arena, plot->run.command, 400));
    figure_text(figure, "format", plot->format);
    figure_text(figure, "out", arena_format(arena, "%s.%s", figure->name, plot->format));
    figure_text(figure, "data", arena_format(arena, "%s.tsv", figure->name));
    figure_number(figure, "width_mm", figure->width_mm);
    figure_number(figure, "height_mm", figure->height_mm);
    write_frame(figure, title, title_lines, subtitle, foot);
    fprintf(figure->data, "# %s\n", plot_show(arena, plot->run.command, 400));
}

/* --- Closing --- */

static void append_script(FILE *out, const char *name)
{
    for (const struct plot_script *s = plot_scripts; s->name != NULL; s++) {
        if (strcmp(s->name, name) == 0) {
            fputc('\n', out);
            fwrite(s->text, 1, s->bytes, out);
            return;
        }
    }
    check(false, "no script for chart %s", name);
}

static bool write_file(const struct plot *plot, const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "we");
    bool fine = file != NULL && fwrite(text, 1, bytes, file) == bytes;
    if (file != NULL && fclose(file) != 0)
        fine = false;
    if (!fine)
        message_error(NULL, "cannot write '%s': %s", message_show(plot->arena, path), strerror(errno));
    return fine;
}

/* Everything that gnuplot said, if it failed. */
static void tell(FILE *said)
{
    char line[512];
    rewind(said);
    while (fgets(line, sizeof line, said) != NULL)
        fprintf(stderr, "  gnuplot: %s%s", line, strchr(line, '\n') == NULL ? "\n" : "");
}

/* Starts gnuplot in the folder, without the user's settings, in the C locale so that numbers have points, its messages
 * into said. Returns 0 or an error number. */
static int start(pid_t *child, const struct plot *plot, const char *script, FILE *said)
{
    char *arguments[] = {(char *)"gnuplot", (char *)"-d", arena_text(plot->arena, script), NULL};
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    char **environment = arena_array(plot->arena, count + 2, char *);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "LANG", 4) != 0)
            environment[kept++] = environ[i];
    }
    environment[kept] = (char *)"LC_ALL=C.UTF-8";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, plot->folder);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(said), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(said), STDERR_FILENO);
    int code = posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static bool run_gnuplot(const struct plot *plot, const char *script)
{
    pid_t child = 0;
    int status = 0;
    FILE *said = tmpfile();
    if (said == NULL) {
        message_error(NULL, "cannot make a temporary file: %s", strerror(errno));
        return false;
    }
    int code = start(&child, plot, script, said);
    if (code != 0) {
        message_error(arena_format(plot->arena, "install gnuplot 5.4 or later; data and script are in '%s'",
                                   message_show(plot->arena, plot->folder)),
                      "cannot run gnuplot: %s", strerror(code));
    } else {
        while (waitpid(child, &status, 0) == -1 && errno == EINTR)
            ;
        if (status != 0) {
            message_error(NULL, "gnuplot failed on '%s/%s'", message_show(plot->arena, plot->folder), script);
            tell(said);
        }
    }
    fclose(said);
    return code == 0 && status == 0;
}

int figure_close(struct figure *figure)
{
    const struct plot *plot = figure->plot;
    struct arena *arena = plot->arena;
    append_script(figure->script, "style");
    append_script(figure->script, figure->chart);
    fclose(figure->script);
    fclose(figure->data);
    const char *script = arena_format(arena, "%s.gp", figure->name);
    bool fine = write_file(plot, arena_format(arena, "%s/%s", plot->folder, script), figure->script_text,
                           figure->script_bytes) &&
                write_file(plot, arena_format(arena, "%s/%s.tsv", plot->folder, figure->name), figure->data_text,
                           figure->data_bytes) &&
                run_gnuplot(plot, script);
    free(figure->script_text);
    free(figure->data_text);
    if (!fine)
        return EXIT_MACHINE;
    if (!plot->quiet)
        printf("wrote %s/%s.%s\n", message_show(arena, plot->folder), figure->name, plot->format);
    return EXIT_DONE;
}

#!/usr/bin/env python3
"""Every number of the paper as a LaTeX macro, from results files alone.

    paper/numbers.py RESULTS [TABLES] >numbers.tex
    paper/numbers.py --verdicts RESULTS OTHER [TABLES]     whether every verdict of the text stands in other runs (another seed)
    paper/numbers.py --names [TABLES]                      the macros, the line of its table that each comes from, and its study

RESULTS is a folder with one folder a study, each with a run.db, or a verify.json (what 'nines verify --json' said), or a conformance.tsv
(paper/conformance.sh), whose rows are then the tables target and scenario, or conformance. TABLES is a folder with numbers.tsv, facts.tsv
and, if it likes, tables.tsv; this one unless told.

numbers.tsv asks for figures of runs, one a line:  macro  kind  study  selectors  multiplier:decimals:unit

    summary      point | cloud | metric
    difference   point | cloud a | cloud b | metric        paired, a minus b
    between      point a | point b | cloud | metric        paired, a minus b
    ratio        point a | cloud a | point b | cloud b | metric [| K]     of the means, paired; \\XVerdict is whether it is
                 'more than' or 'less than' K times, or 'not decided'. A point written 'P - Q' is P less Q, paired
    crossing     cloud a | cloud b | metric        level of the key that the points vary at which a is no longer ahead of b; an end
                 outside the levels is written with < or >
    query        SQL that gives one row: value[, low, high]
    word         SQL that gives one word or count, taken as it is

A line '@Name  Key=text  Key=text ...' names a set; a line below it with {Name} in its macro is one line for each member, the key
standing in the macro, the text in the study and the selectors.

From a line with the macro X come \\X (value and sampling interval), \\XValue, \\XLow, \\XHigh, \\XInterval, \\XParam (the parameter
interval, or that there is none) and, of differences, \\XVerdict. facts.tsv holds what others published: \\X is the figure with its
evidence mark, \\XPlain without, \\XSource where it was read. \\StudyRows is the body of a table of all studies: study, scenario, points,
replications (draws of inputs), seed, beginning of the digest; \\StudiesMinutes, \\StudiesCoreMinutes and \\StudiesSize are what they took together.

tables.tsv asks for tables, one a line:  name  study  columns  head  SQL  caption  command.  From it comes \\tabName, the whole float with
its label tab:Name. Columns are LaTeX's, the head's cells stand between |, each row of the answer is a row; a caption may use macros. In
any SQL may be used  form(value, 'multiplier:decimals:unit'),  span(low, high, form),  estimate(value, low, high, form)  and  mark(evidence);
other text is escaped.

A figure that is not there, undefined, or of a run that is not complete ends the build and says which."""

import csv
import json
import math
import pathlib
import re
import sqlite3
import subprocess
import sys

OPPOSITE = {"ahead": "behind", "behind": "ahead"}
EVIDENCE = ("R", "V", "K", "U")  # read, vendor's claim, recalled, unsourced or assumed
LATEX = str.maketrans({"%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
                       "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "<": r"\textless{}", ">": r"\textgreater{}"})
READY = "\1{}\2"  # around what is LaTeX already

complaints = []
tables = pathlib.Path(__file__).resolve().parent


def complain(text):
    complaints.append(text)
    print(f"paper: {text}", file=sys.stderr)


def rows_of(name):
    """Lines of a table, without comments, as lists of columns."""
    lines = (tables / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def expanded(columns, sets):
    """The lines that one line stands for: one for each member of each set that its macro names."""
    found = re.search(r"\{([A-Za-z]+)\}", columns[0])
    if found is None:
        return [columns]
    mark, members = found[0], sets.get(found[1])
    if members is None:
        sys.exit(f"paper: numbers.tsv: '{columns[0]}' names the set '{found[1]}', which no line above it gives")
    lines = []
    for key, text in members:
        line = [columns[0].replace(mark, key)] + [column.replace(mark, text) for column in columns[1:]]
        lines += expanded(line, sets)
    return lines


def number_rows():
    """Lines of numbers.tsv with its sets put in: (macro as written, [macro, kind, study, selectors, form])."""
    sets = {}
    for columns in rows_of("numbers.tsv"):
        if columns[0].startswith("@"):
            sets[columns[0][1:]] = [member.split("=", 1) for member in columns[1:]]
        else:
            for line in expanded(columns, sets):
                yield columns[0], line


def table_of(database, name, columns, rows):
    database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)


def verified(path):
    """What 'nines verify --json' said, as a database in memory."""
    database = sqlite3.connect(":memory:")
    columns = ("name", "metric", "unit", "cloud", "point", "role", "published", "low", "high", "simulated", "ci_low", "ci_high", "outcome",
               "expect", "surprise", "reason", "source", "evidence")
    scenarios = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
    table_of(database, "scenario", ("scenario", "replications", "digest", "targets"),
             [(one["scenario"], one["replications"], one["digest"], len(one["targets"])) for one in scenarios])
    table_of(database, "target", ("scenario",) + columns,
             [[one["scenario"]] + [target[column] for column in columns] for one in scenarios for target in one["targets"]])
    return database


def conformed(path):
    """What paper/conformance.sh wrote, as a database in memory; no row where it had no data."""
    database = sqlite3.connect(":memory:")
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, delimiter="\t")
    table_of(database, "conformance", head, rows)
    return database


READERS = {"verify.json": verified, "conformance.tsv": conformed}


class Studies:
    """Results files by the name of their study, opened once, refused where they are not whole."""

    def __init__(self, folder):
        self.folder, self.opened = pathlib.Path(folder), {}

    def path(self, study):
        return self.folder / study / "run.db"

    def data(self, study):
        """The file that a study's figures come from."""
        others = (self.path(study).with_name(name) for name in READERS)
        return next((path for path in others if path.exists()), self.path(study))

    def open(self, study):
        if study not in self.opened:
            self.opened[study] = self._open(study)
        return self.opened[study]

    def _open(self, study):
        path = self.data(study)
        if path.name in READERS:
            try:
                database = READERS[path.name](path)
            except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
                return complain(f"study '{study}': {path} is damaged ({error}); delete it and build again")
            teach(database)
            return database
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            status = database.execute("SELECT status FROM run").fetchone()[0]
            whole = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            return complain(f"study '{study}': {path}: {error}; delete it and build again")
        if status != "complete" or whole != "ok":
            return complain(f"study '{study}': {path} is {status if whole == 'ok' else 'damaged'}; delete it and build again")
        teach(database)
        return database


def number(value, form):
    """Rounded, grouped by thousands, with a real minus. '<5' and '>5' are texts and stay what they say."""
    if isinstance(value, str):
        sign = value[0] if value[0] in "<>" else ""
        return (rf"\ensuremath{{{sign}}}" if sign else "") + number(float(value.lstrip("<>")), form)
    multiplier, decimals, _ = form
    text = f"{value * multiplier:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", r"\ensuremath{-}").replace(",", r"\,")


def interval(low, high, form):
    return f"[{number(low, form)}, {number(high, form)}]{form[2]}"


def estimate(value, low, high, form):
    """A value with its interval, which is left out where there is none or both of its ends are written alike."""
    text = number(value, form) + form[2]
    if low is None or high is None or number(low, form) == number(high, form):
        return text
    return f"{text}~[{number(low, form)}, {number(high, form)}]"


def form_of(text):
    multiplier, decimals, unit = text.split(":", 2)
    return float(multiplier), int(decimals), r"\," + unit.translate(LATEX) if unit else ""


def teach(database):
    """Functions of SQL that give LaTeX."""
    database.create_function("form", 2, lambda value, form: None if value is None else READY.format(number(value, form_of(form)) + form_of(form)[2]))
    database.create_function("span", 3, lambda low, high, form: None if low is None else READY.format(interval(low, high, form_of(form))))
    database.create_function("estimate", 4, lambda *figures: None if figures[0] is None else READY.format(estimate(*figures[:3], form_of(figures[3]))))
    database.create_function("mark", 1, lambda evidence: READY.format(f"\\evidence{{{evidence}}}"))


def latex(text):
    """Text with its special characters escaped, but for what the functions of SQL gave."""
    parts = re.split("\1([^\2]*)\2", str(text))
    return "".join(part if i % 2 else part.translate(LATEX) for i, part in enumerate(parts))


DIFFERENCE = """SELECT mean, ci_low, ci_high, param_low, param_high, verdict FROM difference_named
                WHERE point_a = ? AND point_b = ? AND cloud_a = ? AND cloud_b = ? AND metric = ?"""


def difference(database, point_a, point_b, cloud_a, cloud_b, metric):
    """A pair is stored one way round; the other way is its negative."""
    row = database.execute(DIFFERENCE, (point_a, point_b, cloud_a, cloud_b, metric)).fetchone()
    if row is not None:
        return row
    row = database.execute(DIFFERENCE, (point_b, point_a, cloud_b, cloud_a, metric)).fetchone()
    if row is None:
        return None
    mean, low, high, param_low, param_high, verdict = row
    minus = lambda value: None if value is None else -value
    return minus(mean), minus(high), minus(low), minus(param_high), minus(param_low), OPPOSITE.get(verdict, verdict)


def values(database, point, cloud, metric):
    """A metric by replication, of the scenario as it is written; of 'P - Q' by how much it is more at P than at Q."""
    if " - " in point:
        more, less = (values(database, one.strip(), cloud, metric) for one in point.split(" - "))
        return {rep: more[rep] - less[rep] for rep in more.keys() & less.keys()}
    rows = database.execute("""SELECT r.rep, v.value FROM metric v JOIN replication r ON r.id = v.replication_id JOIN point p ON p.id = r.point_id
                               JOIN cloud c ON c.id = r.cloud_id WHERE p.label = ? AND c.name = ? AND v.name = ? AND r.outer_draw = 0""",
                            (point, cloud, metric))
    return {rep: value for rep, value in rows if value is not None}


def student_quantile(database, n):
    """The program's own, from any interval of its of a mean over n values."""
    row = database.execute("""SELECT (ci_high - mean) / sd FROM summary WHERE method = 'student t' AND NOT is_bound AND n = ? AND sd > 0
                              AND abs(ci_low + ci_high - 2 * mean) < 1e-9 * sd ORDER BY sd / abs(mean) DESC LIMIT 1""", (n,)).fetchone()
    return row and row[0] * n ** 0.5


def ratio(database, point_a, cloud_a, point_b, cloud_b, metric, times=None):
    """Of two means, with Fieller's interval (1954): all ratios r for which the interval of the mean of a - r b, paired, holds 0. No interval
    where that set is no interval."""
    a, b = values(database, point_a, cloud_a, metric), values(database, point_b, cloud_b, metric)
    pairs = [(a[rep], b[rep]) for rep in sorted(a.keys() & b.keys())]
    n = len(pairs)
    if n < 2:
        return None
    mean_a, mean_b = (math.fsum(side) / n for side in zip(*pairs))
    t = student_quantile(database, n)
    undecided = times and "not decided"
    if mean_b == 0:
        return None
    if t is None:
        return mean_a / mean_b, None, None, None, None, undecided
    product = lambda i, j: sum((pair[i] - (mean_a, mean_b)[i]) * (pair[j] - (mean_a, mean_b)[j]) for pair in pairs) / (n - 1) * t * t / n
    c2, c1, c0 = mean_b**2 - product(1, 1), mean_a * mean_b - product(0, 1), mean_a**2 - product(0, 0)
    root = max(c1 * c1 - c2 * c0, 0) ** 0.5
    if c2 <= 0:
        return mean_a / mean_b, None, None, None, None, undecided
    low, high = (c1 - root) / c2, (c1 + root) / c2
    verdict = times and ("more than" if low > float(times) else "less than" if high < float(times) else undecided)
    return mean_a / mean_b, low, high, None, None, verdict


HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1, "d": 24}


def level_of(label):
    """'key=30 min' is 0.5: a number, of a length of time in hours."""
    value, _, unit = label.rpartition("=")[2].partition(" ")
    return float(value) * HOURS.get(unit, 1)


def crossing(database, cloud_a, cloud_b, metric):
    """By tools/crossing.awk, which says what its intervals are."""
    points = [row[0] for row in database.execute("SELECT label FROM point ORDER BY position")]
    rows = sorted((level_of(point),) + difference(database, point, point, cloud_a, cloud_b, metric)[:5] for point in points)
    ends = []
    for low, high in ((2, 3), (4, 5)):
        lines = "".join(f"{row[0]!r} {row[low]!r} {row[1]!r} {row[high]!r}\n" for row in rows if row[low] is not None)
        awk = ["awk", "-f", str(pathlib.Path(__file__).resolve().parent.parent / "tools" / "crossing.awk")]
        ends.append(subprocess.run(awk, input=lines, capture_output=True, text=True, check=True).stdout.split() if lines else (None,) * 3)
    (value, *sampling), (_, *parameter) = ends
    return value, *sampling, *parameter, None


def figure(database, kind, selectors):
    """(value, low, high, param low, param high, verdict), or None where there is none."""
    by = [part.strip() for part in selectors.split("|")]
    if kind == "summary":
        row = database.execute("""SELECT mean, ci_low, ci_high, param_low, param_high, NULL FROM summary_named
                                  WHERE point = ? AND cloud = ? AND metric = ?""", by).fetchone()
    elif kind == "difference":
        point, cloud_a, cloud_b, metric = by
        row = difference(database, point, point, cloud_a, cloud_b, metric)
    elif kind == "between":
        point_a, point_b, cloud, metric = by
        row = difference(database, point_a, point_b, cloud, cloud, metric)
    elif kind == "ratio":
        row = ratio(database, *by)
    elif kind == "crossing":
        row = crossing(database, *by)
    elif kind in ("query", "word"):
        row = database.execute(selectors).fetchone()
        row = row and tuple(row) + (None,) * (6 - len(row))
    else:
        raise ValueError(f"no kind of figure '{kind}'")
    return row


def macro(name, text):
    print(f"\\newcommand{{\\{name}}}{{{text}}}")


def telling(form, low, high):
    """The form with as many more decimals, at most two, as tell the ends of an interval apart: [99.995, 99.995] says nothing."""
    multiplier, decimals, unit = form
    finer = [(multiplier, decimals + more, unit) for more in range(3)]
    return next((one for one in finer if number(low, one) != number(high, one)), form)


def write_figure(name, row, form):
    value, low, high, param_low, param_high, verdict = row
    if low is not None and high is not None:
        form = telling(form, low, high)
    macro(name + "Value", number(value, form) + form[2])
    if low is not None and high is not None:
        macro(name + "Low", number(low, form) + form[2])
        macro(name + "High", number(high, form) + form[2])
        macro(name + "Interval", interval(low, high, form))
        macro(name, f"{number(value, form)}{form[2]}~[{number(low, form)}, {number(high, form)}]")
    else:
        macro(name, number(value, form) + form[2])
    macro(name + "Param", interval(param_low, param_high, form) if param_low is not None else "not drawn")
    if verdict:
        macro(name + "Verdict", verdict)


def write_numbers(studies):
    for _, (name, kind, study, selectors, *rest) in number_rows():
        database = studies.open(study)
        if database is None:
            continue
        where = f"\\{name}: study '{study}' ({studies.data(study)}), {kind} {selectors}"
        try:
            row = figure(database, kind, selectors)
        except (sqlite3.Error, ValueError) as error:
            complain(f"{where}: {error}")
            continue
        if row is None or row[0] is None:
            complain(f"{where}: there is no such figure, or it is undefined")
        elif kind == "word":
            macro(name, latex(row[0]))
        else:
            write_figure(name, row, form_of(rest[0]))


def write_table(line, studies, database, where):
    name, study, columns, head, sql, caption, command = line
    rows = database.execute(sql).fetchall()
    if not rows:
        return complain(f"{where}: no row")
    if any(cell is None for row in rows for cell in row):
        return complain(f"{where}: a cell is undefined")
    body = "".join(" & ".join(latex(cell) for cell in row) + r" \\" + "\n" for row in rows)
    titles = " & ".join(title.strip() for title in head.split("|"))
    scenario = next((line[1] for line in rows_of("studies.tsv") if line[0] == study), study)
    source = rf"\provenance{{{latex(scenario)}}}{{{latex(studies.data(study))}}}{{{latex(command)}}}"
    wide = "*" if columns.startswith("*") else ""
    macro(f"tab{name}", f"\\begin{{table{wide}}}[tb]\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n\\begin{{tabular}}{{{columns.lstrip('*')}}}\\toprule\n{titles}"
          + f" \\\\ \\midrule\n{body}\\bottomrule\\end{{tabular}}\n\\caption{{{caption} {source}}}\\label{{tab:{name}}}\\end{{table{wide}}}")


def write_tables(studies):
    if not (tables / "tables.tsv").exists():
        return
    for line in rows_of("tables.tsv"):
        database = studies.open(line[1])
        if database is None:
            continue
        where = f"table '{line[0]}': study '{line[1]}' ({studies.data(line[1])})"
        try:
            write_table(line, studies, database, where)
        except (sqlite3.Error, ValueError) as error:
            complain(f"{where}: {error}")


def write_facts():
    for name, text, source, evidence, *_ in rows_of("facts.tsv"):
        if evidence not in EVIDENCE:
            complain(f"facts.tsv: \\{name} has the evidence '{evidence}', not one of {', '.join(EVIDENCE)}")
        macro(name, f"{text.translate(LATEX)}\\evidence{{{evidence}}}")
        macro(name + "Plain", text.translate(LATEX))
        macro(name + "Source", source.translate(LATEX))


STUDY_MACROS = ("StudyRows", "StudiesMinutes", "StudiesCoreMinutes", "StudiesSize")
STUDY = """SELECT replications, seed, digest, wall_s, cpu_s, (SELECT count(*) FROM point),
                  (SELECT count(DISTINCT outer_draw) - 1 FROM replication) FROM run"""


def write_studies(studies):
    """The table of all studies, \\StudyRows, and what they took together."""
    rows, wall, cpu, size = [], 0, 0, 0
    for study, scenario, *_ in rows_of("studies.tsv"):
        database = studies.open(study)
        if database is None:
            continue
        size += studies.data(study).stat().st_size
        name, file = study.translate(LATEX), pathlib.Path(scenario).stem.translate(LATEX)
        if studies.data(study).name in READERS:  # a folder of scenarios to verify
            files = database.execute("SELECT count(*) FROM scenario").fetchone()[0]
            rows.append(f"{name} & {file}/ & {files} & own & own & own")
            continue
        replications, seed, digest, wall_s, cpu_s, points, draws = database.execute(STUDY).fetchone()
        wall, cpu = wall + wall_s, cpu + cpu_s
        runs = f"{replications} ({draws})" if draws else replications
        rows.append(f"{name} & {file} & {points} & {runs} & {seed} & \\texttt{{{digest[:8]}}}")
    texts = (r" \\ ".join(rows) + r" \\", number(wall, (1 / 60, 0, "")) + r"\,min", number(cpu, (1 / 60, 0, "")) + r"\,min",
             number(size, (1e-9, 1, "")) + r"\,GB")
    for name, text in zip(STUDY_MACROS, texts):
        macro(name, text)


def compare_verdicts(studies, others):
    """The verdicts of all differences that the text asks for, in two sets of runs: a line of TAP each."""
    count = stand = 0
    for _, (name, kind, study, selectors, *_) in number_rows():
        if kind not in ("difference", "between", "ratio"):
            continue
        database, other = studies.open(study), others.open(study)
        if database is None or other is None:
            continue
        rows = figure(database, kind, selectors), figure(other, kind, selectors)
        here, there = (row[5] if row else "no such figure" for row in rows)
        if here is None and there is None:
            continue # a ratio that is held against nothing
        count += 1
        stand += here == there
        if here == there:
            print(f"ok {count} - {name}_is_{here.replace(' ', '_')}")
        else:
            print(f"not ok {count} - {name}_stands: '{here}' here, '{there}' there ({study}: {selectors})")
    print(f"1..{count}\n# {stand} of {count} verdicts stand")
    if stand < count or count == 0:
        complain(f"{count - stand} of {count} verdicts do not stand in {others.folder}")


def main():
    global tables
    if len(sys.argv) in (4, 5) and sys.argv[1] == "--verdicts":
        tables = pathlib.Path(sys.argv[4]) if len(sys.argv) == 5 else tables
        compare_verdicts(Studies(sys.argv[2]), Studies(sys.argv[3]))
        sys.exit(1 if complaints else 0)
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: paper/numbers.py RESULTS [TABLES] | --verdicts RESULTS OTHER [TABLES] | --names [TABLES]")
    if len(sys.argv) == 3:
        tables = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "--names":
        for written, (name, _, study, *_) in number_rows():
            print(f"{name}\t{written}\t{study}")
        for name in STUDY_MACROS + tuple(name for name, *_ in rows_of("facts.tsv")):
            print(f"{name}\t{name}")
        return
    print("% Written by paper/numbers.py from results files. Not edited by hand.")
    studies = Studies(sys.argv[1])
    write_numbers(studies)
    write_tables(studies)
    write_studies(studies)
    write_facts()
    names = list(STUDY_MACROS) + [line[0] for _, line in number_rows()] + [line[0] for line in rows_of("facts.tsv")]
    for name in names:
        if not re.fullmatch("[A-Za-z]+", name):
            complain(f"'{name}' is no name of a LaTeX macro: letters only")
    for name in sorted({name for name in names if names.count(name) > 1}):
        complain(f"\\{name} is asked for more than once")
    sys.exit(1 if complaints else 0)


main()

"""unsafe.py FILE...: says what of them would harm a terminal or a page: control characters, marks that turn the line, no UTF-8."""
import sys
import unicodedata

problems = []
for path in sys.argv[1:]:
    try:
        text = open(path, "rb").read().decode()
    except UnicodeDecodeError as error:
        problems.append(f"{path}: no UTF-8 at {error.start}")
        continue
    for character in sorted(set(text) - {"\n", "\t"}):
        if unicodedata.category(character) in ("Cc", "Cf"):
            at = text.index(character)
            problems.append(f"{path}: U+{ord(character):04X} in {ascii(text[max(0, at - 20):at + 10])}")
print("".join(problem + "; " for problem in problems[:3]), end="")

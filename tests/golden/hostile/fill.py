"""fill.py SCENARIO KEY,... TEXT: the scenario with @KEY:...@ as the text, all others as they say themselves."""
import re
import sys

path, keys, text = sys.argv[1:4]
print(re.sub(r"@(\w+):([^@]*)@", lambda found: text if found.group(1) in keys.split(",") else found.group(2), open(path).read()), end="")

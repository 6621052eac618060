"""page.py HTML: says what of the page is not ours: elements, handlers, addresses that a name has brought."""
import sys
from html.parser import HTMLParser

OURS = set("html head meta title style body a header main section h1 h2 h3 p div span strong em code small svg rect path table caption thead tbody tr th td"
           " ul li details summary figure img dl dt dd pre script button input output i wbr".split())


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts, self.problems = 0, []

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        if tag not in OURS:
            self.problems.append(f"<{tag}>")
        for key, value in attributes:
            if key.startswith("on"):
                self.problems.append(f"{tag} {key}")
            if key in ("src", "href") and not (value or "").startswith(("data:image/svg+xml;base64,", "#")):
                self.problems.append(f"{key}={value[:40]}")


page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
if page.scripts > 2:
    page.problems.append(f"{page.scripts} scripts")
if page.problems:
    print(f"{sys.argv[1]}: {'; '.join(page.problems[:3])}; ", end="")

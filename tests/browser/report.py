"""Opens pages of `nines report` as a reader does: report.py CHROMIUM PAGE HOSTILE_PAGE [FOLDER], prints TAP.

FOLDER: where to put pictures of the page at every width and in both schemes, to be looked at."""
import base64
import os
import re
import sys

from browser import Browser

WIDTHS, SCHEMES = (375, 1440), ("light", "dark")
count = 0


def claim(name, problem):
    global count
    count += 1
    print(f"not ok {count} - {name}: {problem}" if problem else f"ok {count} - {name}", flush=True)


def foreign(browser, path):
    own = "file://" + os.path.abspath(path)
    return [url[:80] for url in browser.requests if url.split("#")[0] != own and not url.startswith("data:")]


def layout(browser):
    """What sticks out of the page, and images that did not load."""
    return browser.ask("""(() => {
      const problems = [];
      if (document.documentElement.scrollWidth > innerWidth) problems.push("scrolls to " + document.documentElement.scrollWidth);
      for (const image of document.images) if (!image.naturalWidth) problems.push("broken image " + image.alt);
      return problems.join("; ");
    })()""")


def words(browser):
    """What someone who does not see the page would miss."""
    return browser.ask("""(() => {
      const problems = [], ids = new Set();
      for (const image of document.images) if (image.alt.length < 20) problems.push("no words for an image");
      for (const table of document.querySelectorAll("table")) if (!table.caption) problems.push("a table without caption");
      for (const strip of document.querySelectorAll("svg.cells")) if (!strip.getAttribute("aria-label")) problems.push("a strip without words");
      for (const element of document.querySelectorAll("[id]")) {
        if (ids.has(element.id)) problems.push("two of " + element.id);
        ids.add(element.id);
      }
      for (const label of document.querySelectorAll("[aria-labelledby]"))
        if (!ids.has(label.getAttribute("aria-labelledby"))) problems.push("no heading for a section");
      if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1");
      let level = 1;
      for (const heading of document.querySelectorAll("h1, h2, h3")) {
        if (Number(heading.tagName[1]) > level + 1) problems.push("a level left out before " + heading.textContent.slice(0, 30));
        level = Number(heading.tagName[1]);
      }
      return [...new Set(problems)].join("; ");
    })()""")


def contrast(browser):
    """Text with less than 4.5 : 1 against the background (WCAG 2.2, 1.4.3)."""
    return browser.ask("""(() => {
      const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const weak = new Set(), behind = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return element === document.body || !/, 0\\)$|transparent/.test(colour) ? light(colour) : behind(element.parentElement);
      };
      for (const element of document.querySelectorAll("p, th, td, small, code, summary, li, dt, dd, caption, .now, .name, .axis span")) {
        const ink = light(getComputedStyle(element).color), paper = behind(element);
        if ((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5) weak.add(element.tagName + "." + element.className);
      }
      return [...weak].join(" ");
    })()""")


SHOWN = "document.getElementById('clock').textContent + [...document.querySelectorAll('[data-row]')].map((row) => row.textContent).join()"


def slider(browser):
    if browser.ask("document.getElementById('player').hidden"):
        return "hidden: the script did not run"
    problems = []
    browser.ask("document.getElementById('time').focus()")
    before = browser.ask(SHOWN)
    browser.press("ArrowRight")
    after = browser.ask(SHOWN)
    if before == after:
        problems.append("a key changes nothing")
    browser.press("End")
    if browser.ask("document.getElementById('time').value !== document.getElementById('time').max") or browser.ask(SHOWN) == after:
        problems.append("the end is not reached")
    place = browser.ask("document.querySelector('.cursor').style.left")
    browser.ask("document.getElementById('play').click()")
    browser.wait(0.5)
    if browser.ask("document.getElementById('play').getAttribute('aria-pressed')") != "true":
        problems.append("does not play")
    if browser.ask("document.querySelector('.cursor').style.left") == place:
        problems.append("the mark does not move")
    browser.ask("document.getElementById('play').click()")
    stopped = browser.ask(SHOWN)
    browser.wait(0.3)
    if browser.ask(SHOWN) != stopped:
        problems.append("does not stop")
    # The numbers under the slider are those in the page.
    if browser.ask("""(() => {
        const data = JSON.parse(document.getElementById("course-data").textContent), slider = document.getElementById("time");
        const worst = data.mean[0].reduce((best, mean, cell) => (mean < data.mean[0][best] ? cell : best), 0);
        slider.value = worst;
        slider.dispatchEvent(new Event("input"));
        return !document.querySelector("[data-row='0']").textContent.startsWith((data.mean[0][worst] / 1000).toFixed(3));
      })()"""):
        problems.append("another number than the course's")
    return "; ".join(problems)


def fleet(browser):
    """The slider plays the map: its colours, its numbers, its time, and what a screen reader says of it."""
    return browser.ask("""(() => {
      const data = JSON.parse(document.getElementById("course-data").textContent), slider = document.getElementById("time");
      const cells = [...document.querySelectorAll("[data-site]")], problems = [];
      if (cells.length === 0 || cells.length !== data.site.length) return cells.length + " cells for " + data.site.length + " courses";
      let row = 0, worst = 0;
      data.site.forEach((values, i) => values.forEach((value, at) => { if (value >= 0 && value < data.site[row][worst]) [row, worst] = [i, at]; }));
      const go = (at) => { slider.value = at; slider.dispatchEvent(new Event("input")); };
      const cell = cells.find((c) => Number(c.dataset.site) === row), inks = new Set();
      go(worst);
      inks.add(getComputedStyle(cell).backgroundColor);
      if (Math.abs(Number(cell.textContent) - data.site[row][worst] / 1000) >= 1) problems.push("the darkest says " + cell.textContent);
      if (cell.className !== "s" + data.levels.findIndex((from) => data.site[row][worst] >= from)) problems.push("has the class " + cell.className);
      const said = slider.getAttribute("aria-valuetext");
      if (!said.includes("lowest " + cell.textContent + " %") || !said.includes(cell.parentElement.cells[0].textContent.trim())) problems.push("is said as " + said);
      if (!document.querySelector(".when").textContent.startsWith(said.slice(0, 16))) problems.push("another time");
      const best = data.site[row].indexOf(Math.max(...data.site[row]));
      go(best);
      inks.add(getComputedStyle(cell).backgroundColor);
      if (inks.size < 2) problems.push("no other colour");
      return problems.join("; ");
    })()""")


def slider_of(browser):
    return "; ".join(problem for problem in (slider(browser), fleet(browser)) if problem)


def main():
    program, page, hostile = sys.argv[1:4]
    folder = sys.argv[4] if len(sys.argv) > 4 else None
    browser = Browser(program)
    try:
        for scheme in SCHEMES:
            for width in WIDTHS:
                browser.open(page, width, scheme)
                claim(f"page_fits_{width}_pixels_in_{scheme}", layout(browser))
                claim(f"text_stands_out_at_{width}_in_{scheme}", contrast(browser))
                if folder:
                    browser.picture(f"{folder}/report-{width}-{scheme}.png")
                browser.ask("document.querySelectorAll('details').forEach((d) => (d.open = true))")
                browser.wait(0.1)
                claim(f"opened_page_fits_{width}_pixels_in_{scheme}", layout(browser))
                if folder:
                    browser.picture(f"{folder}/open-{width}-{scheme}.png")
        claim("nothing_is_lost_for_those_who_do_not_see", words(browser))
        claim("slider_moves_and_changes_the_text", slider(browser))
        claim("slider_plays_the_outage_over_the_map", fleet(browser))
        claim("nothing_is_complained_about", "; ".join(browser.complaints))
        claim("no_request_leaves_the_page", " ".join(foreign(browser, page)))
        claim("the_point_of_the_verdict_comes_first", browser.ask("""(() => {
          const first = document.querySelector("#course .course h3").textContent;
          return document.querySelector(".verdict p").textContent.includes("At point " + first + " ") ? "" : first;
        })()"""))
        # As it is when it is opened: what is folded stays so on paper.
        browser.open(page, 1440)
        pdf = base64.b64decode(browser.call("Page.printToPDF")["data"])
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        claim("page_can_be_printed", "" if len(pdf) > 20000 and 5 < pages < 40 else f"{len(pdf)} bytes, {pages} pages")
        browser.open(page, 1440, scripts=False)
        claim("without_scripts_all_but_the_slider_is_there", browser.ask(
            "[document.getElementById('player').hidden ? '' : 'a dead slider', document.querySelector('[data-row]').textContent.includes('lowest')"
            " ? '' : 'no numbers at the strips', document.querySelector('[data-site]').textContent.length > 0 ? '' : 'an empty map',"
            " document.querySelectorAll('#course figure img').length > 0 ? '' : 'no strip of moments'].join('')"))
        for width in WIDTHS:
            browser.open(hostile, width)
            browser.ask("document.querySelectorAll('details').forEach((d) => (d.open = true))")
            claim(f"hostile_page_fits_{width}_pixels", layout(browser))
        claim("hostile_names_run_nothing", "; ".join(browser.dialogs + browser.complaints + foreign(browser, hostile)))
        text = browser.ask("document.body.innerText")
        claim("hostile_names_are_shown_as_text", " ".join(
            name for name in ('"><img src=x onerror=alert(1)>', "'); DROP TABLE run", "</script>", "\\u202e") if name not in text))
        claim("slider_of_the_hostile_page_works", slider_of(browser))
    finally:
        browser.close()
    print(f"1..{count}")


main()

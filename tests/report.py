#!/usr/bin/env python3
"""Reads a report back and compares it with the verdicts of --json.

    report.py github|junit|html REPORT VERDICTS [--ignore-missing]

REPORT is what --report printed, VERDICTS what --json printed of the same audit,
with that option, in which MISSING is counted and not told.
All verdicts but OK must be in the report, with names, reasons and digests as
they are there, and no others; and the sums must be the same. The readers are
those of Python, and of what github.com says of its commands.
"""
import base64
import json
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

VERDICTS = ("OK", "CHANGED", "MISSING", "MOVED", "NEW", "UNREADABLE")


def check(truth, *what):
    if not truth:
        sys.exit("report.py: " + " ".join(repr(w) for w in what))


def unescape(text):
    """The bytes that a text of record/visible.h stands for."""
    def one(match):
        check(match[1], "a backslash that is no escape", text)
        return "\\" if match[1] == "\\" else \
            bytes.fromhex(match[1][1:]).decode("latin-1")

    raw = re.split(r"(\\(?:\\|x[0-9a-f]{2}|))", text)
    out = b""
    for i, part in enumerate(raw):
        if i % 2:
            out += one(re.fullmatch(r"\\(.*)", part)).encode("latin-1")
        else:
            out += part.encode("utf-8")
    return out


def name_of(obj, key):
    if key + "_base64" in obj:
        return base64.b64decode(obj[key + "_base64"])
    return obj[key].encode("utf-8") if key in obj else None


def side(obj, prefix):
    """SHA512 abc, 3 bytes: without what is not known."""
    parts = []
    if prefix and "algorithm" in obj:
        parts.append(obj["algorithm"])
    if prefix and "algorithm" not in obj:
        parts.append("digest")
    if prefix + "digest" in obj:
        parts.append(obj[prefix + "digest"])
    text = " ".join(parts)
    if prefix + "size" in obj:
        n = obj[prefix + "size"]
        text += ", %d byte%s" % (n, "" if n == 1 else "s")
    return text


def explained(obj):
    """What a report says of a verdict."""
    verdict = obj["verdict"]
    if verdict == "CHANGED":
        found = side(obj, "") or obj["error"].replace("\\", "\\\\")
        return ["expected " + side(obj, "expected_"), "found " + found]
    if verdict == "MOVED":
        return [b"now " + name_of(obj, "path")]
    return {"MISSING": ["listed and not found"],
            "NEW": ["found and not listed"]}.get(verdict) or [obj["error"]]


def wanted(path, untold):
    """name: (verdict, explanation) of all that is not OK; and the sums."""
    with open(path, "rb") as file:
        objects = [json.loads(line) for line in file]
    check(list(objects[-1]) == ["summary"], "no sums", objects[-1])
    sums = objects.pop()["summary"]
    want = {}
    for obj in objects:
        if obj["verdict"] == "OK":
            continue
        name = name_of(obj, "old_path") or name_of(obj, "path")
        why = [w if isinstance(w, bytes) else unescape(w)
               for w in explained(obj)]
        check(name not in want, "a name twice", name)
        want[name] = obj["verdict"], why, name_of(obj, "path")
    for verdict in VERDICTS[1:]:
        if verdict in untold:
            check(sums[verdict.lower()] > 0, "none is left out", verdict)
            continue
        count = sum(w[0] == verdict for w in want.values())
        check(count == sums[verdict.lower()], "the sums", verdict)
    return want, sums


def plain_name(name):
    """Without what stands for nothing: ./ in front, // and /./."""
    while True:
        shorter = re.sub(rb"//+", b"/", name).replace(b"/./", b"/")
        shorter = re.sub(rb"\A\./(?=.)", b"", shorter, flags=re.S)
        if shorter == name:
            return name
        name = shorter


def plain(text):
    """Nothing that a terminal obeys, or that is not seen."""
    for c in text:
        n = ord(c)
        check(c == "\n" or 32 <= n < 127 or n > 0x9f, "control", n)
        check(not (0x200b <= n <= 0x200f or 0x2028 <= n <= 0x202f
                   or 0x2060 <= n <= 0x206f or n == 0xfeff
                   or n in (0x61c, 0xa0, 0xad) or n & 0xfffe == 0xfffe),
              "not seen", n)


# ---- GitHub ----------------------------------------------------------------

def unescape_command(text, escapes):
    for code in escapes:
        text = text.replace("%%%02X" % code, chr(code))
    return text


def github(text, sums, _):
    """As actions/runner reads it: ActionCommand.TryParseV2."""
    seen = []
    check(text.endswith("\n"), "the last line has no end")
    lines = text[:-1].split("\n")
    for line in lines:
        match = re.match(r"::([a-z]+) (.*?)::(.*)\Z", line)
        check(match and match[1] in ("error", "warning", "notice"), "line",
              line)
        # the runner's Split(removing what is empty) eats an "=" in front
        props = dict(p.split("=", 1) for p in match[2].split(",") if p)
        props = {k: v.lstrip("=") for k, v in props.items()}
        props = {k: unescape_command(v, b"\r\n:,%") for k, v in props.items()}
        data = unescape_command(match[3], b"\r\n%").split("\n")
        check(set(props) <= {"file", "title"}, "properties", props)
        if props["title"] == "phash audit":
            continue
        check(match[1] == "error", "an error", line)
        word, name = data[0].split(" ", 1)
        check(word == props["title"], "title", line)
        why = [unescape(d) for d in data[1:]]
        seen.append((unescape(name), word, why, props.get("file")))
    last = lines[-1]
    check(last.startswith("::notice title=phash audit::%spassed%%0A%d listed: "
                          "%d OK, " % ("" if sums["passed"] else "not ",
                                       sums["listed"], sums["ok"])),
          "the last line", last)
    return seen


# ---- JUnit -----------------------------------------------------------------

def junit(text, sums, _):
    root = ElementTree.fromstring(text.encode("utf-8"))
    seen = []
    cases = failures = errors = 0
    check(root.tag == "testsuites", root.tag)
    for suite in root:
        here = list(suite.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"),
                               ("skipped", "skipped")):
            check(int(suite.get(attribute)) == len(list(suite.iter(tag))),
                  attribute, suite.get("name"))
        check(int(suite.get("tests")) == len(here), "tests", suite.attrib)
        cases += len(here)
        failures += int(suite.get("failures"))
        errors += int(suite.get("errors"))
        if suite is root[0]:
            continue
        check(not list(suite.iter("system-out")), "nothing passes there")
        for case in here:
            check(case.get("classname") == suite.get("name"), "class",
                  case.attrib)
            name = unescape(case.get("name"))
            directory = plain_name(name)
            directory = directory[:directory.rfind(b"/") + 1] or b"top"
            check(unescape(suite.get("name")) == directory, "suite", name)
            bad, = case
            check(bad.tag == ("error" if bad.get("type") == "UNREADABLE"
                              else "failure"), "tag", bad.tag)
            why = [unescape(line) for line in bad.text.split("\n")]
            seen.append((name, bad.get("type"), why, None))
    for attribute, n in (("tests", cases), ("failures", failures),
                         ("errors", errors)):
        check(int(root.get(attribute)) == n, "the root's", attribute)
    audit = root[0]
    check(audit.get("name") == "audit", audit.attrib)
    has = {p.get("name").lower(): int(p.get("value"))
           for p in audit.iter("property")}
    check(has == {k: v for k, v in sums.items() if k != "passed"}, has, sums)
    ok = [c for c in audit.iter("testcase")
          if c.get("name") == "files that are OK"]
    check(len(ok) == (sums["ok"] > 0), "OK is a testcase")
    check(not ok or ok[0].find("system-out").text == str(sums["ok"]), "OK")
    check((failures + errors == 0) == sums["passed"], "passed")
    return seen


# ---- HTML ------------------------------------------------------------------

class Page(HTMLParser):
    VOID = ("meta", "br")
    KNOWN = set("html head meta title style body main h1 h2 h3 p strong div "
                "span table caption thead tbody tfoot tr th td code ul li "
                "details summary".split()) | {"br"}
    ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class",
                  "style", "role", "aria-label", "title", "scope", "open"}

    def __init__(self, names):
        super().__init__(convert_charrefs=True)
        self.names = names
        self.stack, self.seen, self.cells = [], [], []
        self.directory, self.text, self.sums, self.bar = "", "", [], []
        self.csp = self.title = None
        self.folded, self.rows = [], 0

    def handle_decl(self, decl):
        check(decl == "DOCTYPE html", decl)

    def handle_comment(self, data):
        check(False, "a comment", data)

    def handle_pi(self, data):
        check(False, "an instruction", data)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        check(tag in self.KNOWN, "tag", tag)
        check(set(attrs) <= self.ATTRIBUTES, "attributes", attrs)
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.csp = attrs["content"]
        if tag == "span" and "flex-grow" in attrs.get("style", ""):
            n = re.match(r"flex-grow:(\d+);", attrs["style"])[1]
            self.bar.append((attrs["title"], int(n)))
        if tag == "details":
            self.folded.append("open" not in attrs)
            self.rows = 0
        if tag in ("td", "th", "title", "h3"):
            self.text = ""
        if tag == "tr":
            self.cells = []
        if tag in ("div", "br") and self.text and self.stack[-1] == "td":
            self.text += "\n"
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        check(self.stack and self.stack.pop() == tag, "ends", tag)
        if tag == "title":
            self.title = self.text
        elif tag == "h3":
            self.directory = "" if self.text == "At the top" else self.text
            check(not self.directory or self.directory[-1] == "/",
                  self.directory)
        elif tag in ("td", "th"):
            self.cells.append(self.text)
        elif tag == "details":
            check(self.rows <= 25 or self.folded[-1], "folded", self.rows)
        elif tag == "tr" and "thead" not in self.stack:
            if "details" in self.stack:
                self.row()
            else:
                self.sums.append(self.cells)

    def row(self):
        verdict, name, why = self.cells
        self.rows += 1
        whole = unescape(self.directory + name)
        if whole not in self.names:
            # one that is not plain is there as a whole
            whole = unescape(name)
            check(whole != plain_name(whole) or whole.endswith(b"/"), whole)
            check(plain_name(whole).startswith(unescape(self.directory)),
                  whole, self.directory)
        self.seen.append((whole, verdict,
                          [unescape(w) for w in why.split("\n")], None))

    def handle_data(self, data):
        self.text += data


def html(text, sums, names):
    page = Page(names)
    page.feed(text)
    page.close()
    check(not page.stack, "open", page.stack)
    check(page.csp.startswith("default-src 'none'; style-src 'unsafe-inline'"),
          page.csp)
    check(text.index("Content-Security-Policy") < text.index("<style>"),
          "the policy comes first")
    check(page.title.startswith("Passed" if sums["passed"] else "Not passed"),
          page.title)
    check("url(" not in text.split("</style>")[0]
          and "@import" not in text.split("</style>")[0], "resources")

    def number(cell):
        return 0 if cell == "-" else int(cell)

    rows = {r[0]: (number(r[1]), number(r[2])) for r in page.sums}
    for verdict in VERDICTS:
        check(sum(rows[verdict]) == sums[verdict.lower()], verdict, rows)
        check(((("%d %s" % (sum(rows[verdict]), verdict)),
                sum(rows[verdict])) in page.bar) == (sum(rows[verdict]) > 0),
              "the bar", verdict, page.bar)
    check(rows["All"][0] == sums["listed"], "listed", rows)
    check(sum(n for _, n in page.bar) == sum(rows["All"]), "the bar")
    return page.seen


def main():
    kind, report, verdicts, *options = sys.argv[1:]
    want, sums = wanted(verdicts, ["MISSING"] if options else [])
    with open(report, "rb") as file:
        text = file.read().decode("utf-8")
    plain(text)
    seen = {"github": github, "junit": junit, "html": html}[kind](
        text, sums, want)
    check(len(seen) == len(want), "verdicts", len(seen), len(want))
    for name, verdict, why, file in seen:
        check(name in want, "nobody has", name)
        check(want[name][:2] == (verdict, why), want[name], verdict, why)
        path = want[name][2]
        check(file is None or file.encode("utf-8") == path, "file", file)
        if kind == "github" and re.fullmatch(rb"[!-<>-~][ -~]*", path):
            check(file is not None, "no file", path)
    check(len({s[0] for s in seen}) == len(seen), "names are unique")
    order = [s[0] for s in seen]
    if kind == "github":
        check(order == sorted(order), "in order of path")
    print("%d verdicts" % len(seen))


main()

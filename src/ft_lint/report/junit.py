"""JUnit's XML, which most continuous integration shows as tests: a suite for each file, a case for each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from ft_lint.lint import Result
from ft_lint.report.places import of_finding, of_problem


def render(results: Iterable[Result]) -> Iterator[str]:
    """One document; a file without findings is a case that passes."""
    root = ET.Element("testsuites", name="ft_lint")
    for result in results:
        cases = [
            *(
                (f"{one.code} {one.name}", "failure", one.message, of_finding(result.path, one))
                for one in result.findings
            ),
            *(("ft_lint", "error", one.message, of_problem(one)) for one in result.problems),
        ]
        failures = sum(kind == "failure" for _, kind, _, _ in cases)
        counts = {"tests": str(max(len(cases), 1)), "failures": str(failures), "errors": str(len(cases) - failures)}
        suite = ET.SubElement(root, "testsuite", {"name": result.path, **counts})
        for name, kind, message, place in cases:
            case = ET.SubElement(suite, "testcase", name=_plain(name), classname=result.path)
            ET.SubElement(case, kind, message=_plain(message)).text = _plain(f"{place}: {message}")
        if not cases:
            ET.SubElement(suite, "testcase", name="ft_lint", classname=result.path)
    ET.indent(root)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield ET.tostring(root, encoding="unicode")


def _plain(text: str) -> str:
    """Without the control characters that XML does not admit."""
    return "".join(letter if letter >= " " or letter in "\t\n\r" else "?" for letter in text)

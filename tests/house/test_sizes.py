"""A file answers one question, a function fits one glance."""

from statistics import median

from .tree import functions, length, modules, name_of, parsed

FILE_MAX, FILE_MEDIAN = 500, 150
FUNCTION_MAX, FUNCTION_MEDIAN = 60, 6
LONG = 20


def sizes() -> dict[str, int]:
    """Lines of each module that has any code."""
    return {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules()
        if path.name != "__init__.py"
    }


def lengths() -> dict[str, int]:
    """Lines of each function, without its docstring."""
    return {
        f"{name_of(path)}:{function.lineno} {function.name}": length(function)
        for path in modules()
        for function in functions(parsed(path))
    }


def test_no_file_is_a_house_of_its_own() -> None:
    assert {name: lines for name, lines in sizes().items() if lines > FILE_MAX} == {}


def test_most_files_are_small() -> None:
    assert median(sizes().values()) <= FILE_MEDIAN


def test_no_function_is_a_scroll() -> None:
    assert {name: lines for name, lines in lengths().items() if lines > FUNCTION_MAX} == {}


def test_most_functions_fit_one_glance() -> None:
    found = sorted(lengths().values())
    assert median(found) <= FUNCTION_MEDIAN
    assert found[int(len(found) * 0.95)] <= LONG

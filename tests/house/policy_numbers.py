"""Finding numbers in code that decide what is said of a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
FREE = frozenset({0.0, 0.5, 1.0, 2.0})
"""Nothing, a half, all and two mean the same in every formula."""
LARGEST_TOLERANCE = 1e-6
SPOKEN_OF = frozenset({"alpha", "confidence_level", "level", "limit", "power"})
"""Arguments and fields that hold a policy number wherever they stand."""


def bare_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield policy numbers of a module: a name or the code, and the line.

    Three kinds: an UPPER_CASE constant of the module that is a number or holds only numbers; a number in `<`, `<=`,
    `>` or `>=` that is neither free nor a tolerance; and a level or limit given as a number to a call or as a default.
    """
    tree = ast.parse(text)
    for node in tree.body:
        for name, value in _constants(node):
            if _numbers(value):
                yield name, f"{node.lineno}: {ast.unparse(node)}"
    for part in ast.walk(tree):
        for value in _compared(part) if isinstance(part, ast.Compare) else _given(part):
            numbers = [abs(n) for n in _leaves(value)]
            if any(n not in FREE and n > LARGEST_TOLERANCE for n in numbers):
                yield ast.unparse(part), f"{value.lineno}: {ast.unparse(part)}"


def _constants(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        pairs: list[tuple[ast.expr, ast.expr]] = [(node.target, node.value)]
    elif isinstance(node, ast.Assign):
        target = node.targets[0]
        both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        pairs = list(zip(target.elts, node.value.elts, strict=True)) if both else [(target, node.value)]
    else:
        return
    yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name) and name.id.isupper())


def _numbers(value: ast.expr) -> bool:
    """Say whether an expression is a number, or holds numbers only."""
    if isinstance(value, ast.UnaryOp):
        return _numbers(value.operand)
    if isinstance(value, ast.BinOp):
        return _numbers(value.left) and _numbers(value.right)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return bool(value.elts) and all(map(_numbers, value.elts))
    if isinstance(value, ast.Dict):
        return bool(value.values) and all(map(_numbers, value.values))
    if isinstance(value, ast.Call):
        return len(value.args) == 1 and not value.keywords and _numbers(value.args[0])
    return _is_number(value)


def _is_number(value: ast.expr) -> bool:
    kind = type(value.value) if isinstance(value, ast.Constant) else None
    return kind in (int, float)


def _leaves(value: ast.expr) -> Iterator[float]:
    """Yield numbers of a sum or product, not those inside calls; a quotient of two numbers is one."""
    if isinstance(value, ast.UnaryOp):
        yield from _leaves(value.operand)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div) and _numbers(value):
        yield next(_leaves(value.left)) / next(_leaves(value.right))
    elif isinstance(value, ast.BinOp):
        yield from _leaves(value.left)
        yield from _leaves(value.right)
    elif isinstance(value, ast.Constant) and _is_number(value):
        yield float(value.value)  # type: ignore[arg-type]


def _compared(part: ast.Compare) -> Iterator[ast.expr]:
    if any(isinstance(sign, COMPARED) for sign in part.ops):
        yield from (part.left, *part.comparators)


def _given(part: ast.AST) -> Iterator[ast.expr]:
    """Yield levels and limits that are given to a call, or by default."""
    if isinstance(part, ast.Call):
        yield from (k.value for k in part.keywords if k.arg in SPOKEN_OF)
    elif isinstance(part, ast.FunctionDef):
        plain = part.args.args[len(part.args.args) - len(part.args.defaults) :]
        pairs = [
            *zip(plain, part.args.defaults, strict=True),
            *zip(part.args.kwonlyargs, part.args.kw_defaults, strict=True),
        ]
        yield from (value for name, value in pairs if name.arg in SPOKEN_OF and value is not None)
    elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id in SPOKEN_OF:
        yield from () if part.value is None else (part.value,)

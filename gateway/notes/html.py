"""Documents as one file of HTML that needs no other, and prints well."""

from html import escape

from gateway.notes.document import Cells, Document, Table
from gateway.notes.words import words_in

STYLE = """
body { font: 13px/1.4 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2em auto;
       max-width: 90em }
h1 { text-align: center; font-size: 1.5em; margin: .2em }
h2 { font-size: 1em; margin: 1.5em 0 .3em }
dl { display: grid; grid-template-columns: max-content auto; gap: .1em 1.5em; border-top: 2px solid;
     padding-top: .6em; overflow-wrap: anywhere }
dt { color: #555 } dd { margin: 0 }
table { border-collapse: collapse; width: 100%; white-space: nowrap }
th, td { padding: .2em .5em; text-align: left; border-bottom: 1px solid #ddd }
thead th { background: #eef1f5; border-bottom: 1px solid #555 }
tfoot td { border-top: 1px solid #555; font-weight: bold }
.number { text-align: right; font-variant-numeric: tabular-nums }
.remarks { border-top: 1px solid; margin-top: 2em; color: #555; font-size: .9em }
@page { size: A4 landscape; margin: 12mm }
@media print { body { margin: 0; font-size: 8px } tr { break-inside: avoid } }
""".lstrip()


def render(document: Document) -> bytes:
    """Return the document as HTML; all that it says is escaped."""
    nothing = words_in(document.language)["none"]
    facts = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>\n" for a, b in document.facts)
    tables = "".join(section(table, nothing) for table in document.tables)
    remarks = "".join(f"<p>{escape(remark)}</p>\n" for remark in document.remarks)
    return (
        f'<!DOCTYPE html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<p>{escape(document.sender)}</p>\n<h1>{escape(document.title)}</h1>\n"
        f'<dl>\n{facts}</dl>\n{tables}<div class="remarks">\n{remarks}</div>\n</body>\n</html>\n'
    ).encode()


def section(table: Table, nothing: str) -> str:
    title = f"<h2>{escape(table.title)}</h2>\n"
    if not table.lines:
        return f"{title}<p>{escape(nothing)}</p>\n"
    headings = tuple(column.heading for column in table.columns)
    rows = "".join(row_of(table, row) for row in table.rows)
    total = f"<tfoot>\n{row_of(table, table.total)}</tfoot>\n" if table.total else ""
    note = f"<p>{escape(table.note)}</p>\n" if table.note else ""
    return (
        f"{title}<table>\n<thead>\n{row_of(table, headings, 'th')}</thead>\n<tbody>\n{rows}</tbody>"
        f"\n{total}</table>\n{note}"
    )


def row_of(table: Table, cells: Cells, tag: str = "td") -> str:
    told = [
        f"<{tag}{' class=number' * column.is_number}>{escape(cell)}</{tag}>"
        for column, cell in zip(table.columns, cells, strict=True)
    ]
    return f"<tr>{''.join(told)}</tr>\n"

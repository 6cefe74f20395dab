"""The few pages that are not Gradio's (sign-in, starting): plain HTML, no script, no request.

Not for anything that shows data of the garage.
"""

from collections.abc import Mapping

from starlette.responses import HTMLResponse

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{head}
<title>{title}</title>
<style>
:root {{ --ink: #1d2733; --soft: #5b6775; --line: #c9d1da; --ground: #f6f7f9; --card: #fff;
  --accent: #1a5fd0; --on-accent: #fff; --wrong: #b3261e; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8ecf1; --soft: #a3aebb; --line: #3d4753;
  --ground: #14181d; --card: #1d232a; --accent: #8ab4ff; --on-accent: #10203c;
  --wrong: #ff9d94; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }}
main {{ width: 100%; max-width: 24rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; }}
h1 {{ margin: 0 0 .5rem; font-size: 1.35rem; }}
p {{ margin: 0 0 1rem; color: var(--soft); }}
p[role=alert] {{ color: var(--wrong); }}
label {{ display: block; margin-bottom: .25rem; }}
input, button {{ width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit;
  border-radius: .5rem; }}
input {{ color: inherit; background: transparent; border: 1px solid var(--soft); }}
button {{ margin-top: 1rem; border: 0; background: var(--accent); color: var(--on-accent);
  font-weight: 600; cursor: pointer; }}
:focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px; }}
</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


def answer_page(
    title: str,
    body: str,
    *,
    head: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A whole page. `body` and `head` are HTML: what a user wrote in them must be escaped."""
    return HTMLResponse(
        FRAME.format(title=title, head=head, body=body),
        status_code=status,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY,
            **(headers or {}),
        },
    )

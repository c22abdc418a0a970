"""
A visitor who looks at what there is and tries one thing: two requests, of which the second depends on the first.

In the target file, beside which this file lies:

    [load]
    shares = { browsing = 1.0 }
    written = { browsing = "browsing.py" }

One call is one arrival. It is due when the plan says, however long others take, and its time runs to its last answer.
"""


def browsing(client):
    actions = client.ask("GET", "/actions").json()["actions"]
    names = sorted(action["name"] for action in actions)
    chosen = "echo" if "echo" in names else names[client.turn % len(names)]
    body = {"action": chosen, "arguments": {"text": "hello"}}
    client.ask("POST", "/actions/preview", json=body, expect=200, label="browsing preview")

"""
A plain user of Locust beside an arrival: people who have such classes can keep them.

The function is what is judged. The class is a closed loop: it asks less when the service is slow, so its requests are
labelled "closed loop: not judged", and its numbers stand apart. ``fixed_count`` says how many there are.
"""

from locust import FastHttpUser, constant, task


def looking(client):
    client.ask("GET", "/status", headers={"Accept": "text/html"})


class Waiting(FastHttpUser):
    fixed_count = 3
    wait_time = constant(1.0)

    @task
    def look(self):
        self.client.get("/status")

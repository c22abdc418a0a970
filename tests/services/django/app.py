"""
Django with its own log-in, and with its security middleware (PRACTICE_SECURITY=on) or without it.

Behind a TLS terminator, as deployments are: SECURE_PROXY_SSL_HEADER says what was HTTPS.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(os.environ["PRACTICE_FOLDER"])
ON = os.environ["PRACTICE_SECURITY"] == "on"
GUARDS = ["django.middleware.security.SecurityMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"]

settings.configure(
    DEBUG=not ON,
    SECRET_KEY=os.environ["PRACTICE_DJANGO_SECRET"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "practice.sqlite"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        *(GUARDS if ON else []),
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        *(["django.middleware.csrf.CsrfViewMiddleware"] if ON else []),
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    # The cheapest that it has, as its own manual advises for tests: each log-in would take most of a second.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    SECURE_HSTS_SECONDS=63_072_000 if ON else 0,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=ON,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    SESSION_COOKIE_SECURE=ON,
    CSRF_COOKIE_SECURE=ON,
    USE_TZ=True,
)
django.setup()

from django.contrib.auth import authenticate, login, logout  # noqa: E402 - Django wants its settings first
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command, execute_from_command_line  # noqa: E402
from django.core.servers.basehttp import WSGIRequestHandler  # noqa: E402
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_http_methods  # noqa: E402


def takes(*methods: str):
    """Views take any method that they do not refuse; the good configuration refuses them."""
    return require_http_methods(methods) if ON else lambda view: view


@takes("GET", "HEAD")
def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@takes("GET", "HEAD")
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>Practice</title><p>Hello</p>")


@takes("GET", "HEAD", "POST")
def log_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        field = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
        return HttpResponse(f'<!doctype html><form method="post">{field}</form>')
    user = authenticate(request, username=request.POST.get("username"), password=request.POST.get("password"))
    if user is None:
        return HttpResponse("<!doctype html><p>Name and password do not match.</p>", status=401)
    login(request, user)
    return HttpResponseRedirect("/account")


@takes("POST")
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/")


@takes("GET", "HEAD")
def account(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponseRedirect("/login")
    answer = HttpResponse(f"<!doctype html><title>Account</title><p>{request.user.username}</p>")
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("health", health),
    path("", page),
    path("login", log_in),
    path("logout", log_out),
    path("account", account),
]

if __name__ == "__main__":
    # It writes head and body apart, and each answer would wait 40 ms for our side to acknowledge its head.
    WSGIRequestHandler.disable_nagle_algorithm = True
    call_command("migrate", verbosity=0)
    if not User.objects.filter(username="alice").exists():
        User.objects.create_user("alice", password=os.environ["PRACTICE_PASSWORD"])
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", f"127.0.0.1:{os.environ['PORT']}"])

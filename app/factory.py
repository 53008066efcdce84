"""One factory for every door: registers extensions, guards, blueprints and problems; nothing else."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_smorest import Api
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.api.blueprints import API_BLUEPRINTS
from app.api.house import refuse_undeclared_query
from app.api.openapi import describe, openapi_options
from app.api.system import install_system
from app.auth import install_guards
from app.config import Settings
from app.desk import Desk, open_desk
from app.headers import install_headers
from app.limits import MAX_BODY, MAX_UPLOAD
from app.metrics import install_metrics
from app.problems import register_problems
from app.sessions import ServerSessions
from app.tasks.handlers import register_handlers
from app.web import install_pages


def create_app(settings: Settings, desk: Desk | None = None) -> Flask:
    """The WSGI application on a desk; opens one when none is given."""
    desk = desk or open_desk(settings)
    register_handlers()  # what is drawn in milliseconds is done within the request
    app = Flask("taxdesk", static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        PROPAGATE_EXCEPTIONS=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # checked by the pages' guard; the API has no cookies
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.broker_url if settings.broker_url.startswith("redis") else "memory://",
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_HEADERS_ENABLED=True,
        **openapi_options(),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["desk"] = desk
    app.session_interface = ServerSessions(desk)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    CSRFProtect(app)
    app.extensions["rate_limit"] = Limiter(get_remote_address, app=app)
    install_headers(app, settings)
    install_guards(app)
    app.before_request(refuse_undeclared_query)
    api = Api(app)
    for blueprint in API_BLUEPRINTS:
        api.register_blueprint(blueprint)
    describe(api, settings)
    app.extensions["openapi"] = api.spec
    install_system(app)
    install_metrics(app, desk)
    pages = install_pages(app)
    register_problems(app, pages=pages)
    return app

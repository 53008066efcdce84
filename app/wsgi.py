"""The web server's door."""

from app.config import Settings
from app.factory import create_app
from app.logs import configure_logs

settings = Settings.from_environment()
configure_logs(settings)
app = create_app(settings)

"""Which register answers for a country, as the settings want it: the live ones, our double, or none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.config import RegisterMode, Settings
from app.registers.model import Register
from app.registers.vies import LIVE_URL, Vies

DOUBLE_HOST = "127.0.0.1"
DOUBLE_PORT_ABOVE = 99  # the double listens this far above our own port: several installations do not collide
# Member states as VIES names them, and Northern Ireland; GB left VIES on 2021-01-01.
VIES_COUNTRIES = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"}
)


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers that may be asked."""

    mode: RegisterMode
    by_country: Mapping[str, Register] = field(default_factory=lambda: MappingProxyType({}))

    def for_country(self, country: str) -> Register | None:
        """The register that answers for a country as VAT names it (``EL``, ``XI``); None where we have none."""
        return self.by_country.get(country)

    @property
    def all(self) -> tuple[Register, ...]:
        """Every register once, in the order of their names."""
        return tuple(sorted({id(r): r for r in self.by_country.values()}.values(), key=lambda register: register.name))

    @property
    def is_double(self) -> bool:
        """Whether the answers come from our double, which pages must say."""
        return self.mode is RegisterMode.DOUBLE


def double_port(settings: Settings) -> int:
    """Where ``taxdesk registers double`` listens unless told otherwise, and where we look for it."""
    above = settings.port + DOUBLE_PORT_ABOVE
    return above if above < 65536 else settings.port - DOUBLE_PORT_ABOVE


def open_registers(settings: Settings) -> Registers:
    """The registers of these settings; nothing is asked yet."""
    mode = settings.registers or (RegisterMode.LIVE if settings.is_production else RegisterMode.DOUBLE)
    if mode is RegisterMode.OFF:
        return Registers(mode)
    vies = Vies(
        settings.vies_url
        or (LIVE_URL if mode is RegisterMode.LIVE else f"http://{DOUBLE_HOST}:{double_port(settings)}/vies")
    )
    return Registers(mode, MappingProxyType(dict.fromkeys(sorted(VIES_COUNTRIES), vies)))

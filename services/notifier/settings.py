"""The environment variables the notifier reads: NOTIFIER_HOST and NOTIFIER_PORT so far."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the notifier listens."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_", frozen=True)

    host: str = "127.0.0.1"
    port: int = 8001

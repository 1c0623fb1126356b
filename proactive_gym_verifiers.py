"""The name by which verifiers finds the environments: it looks for modules at the top level only."""

from proactive_gym.adapters.verifiers import EpisodesTaskset, UserEnv

__all__ = ["EpisodesTaskset", "UserEnv"]

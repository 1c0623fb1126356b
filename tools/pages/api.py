"""The reference of what people type against, from the docstrings."""

PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "environments": (
        "Environments",
        (
            "proactive_gym.envs.arguments",
            "proactive_gym.envs.base",
            "proactive_gym.envs.desk",
            "proactive_gym.envs.vector",
            "proactive_gym.reward",
        ),
    ),
    "agents": ("Agents", ("proactive_gym.agents", "proactive_gym.agents.scripted")),
    "rollouts": ("Rollouts", ("proactive_gym.rollout", "proactive_gym.trajectory", "proactive_gym.outcome")),
    "evaluation": (
        "Evaluation",
        (
            "proactive_gym.reports.writing",
            "proactive_gym.evaluation.run",
            "proactive_gym.evaluation.measures",
            "proactive_gym.evaluation.statistics",
            "proactive_gym.evaluation.comparison",
            "proactive_gym.evaluation.shift",
        ),
    ),
    "sources": (
        "Sources",
        (
            "proactive_gym.sources",
            "proactive_gym.sources.base",
            "proactive_gym.sources.scenes.source",
            "proactive_gym.sources.fixed",
            "proactive_gym.sources.photos",
            "proactive_gym.sources.installing.installation",
            "proactive_gym.sources.proactivebench.source",
        ),
    ),
    "scenarios": (
        "Scenarios",
        (
            "proactive_gym.envs.scenario",
            "proactive_gym.sources.scenes.stage",
            "proactive_gym.sources.scenes.frame",
            "proactive_gym.episode",
        ),
    ),
    "policies": (
        "Policies",
        (
            "proactive_gym.envs.encoded",
            "proactive_gym.envs.vocabulary",
            "proactive_gym.adapters.stable_baselines3",
        ),
    ),
    "errors": ("Errors", ("proactive_gym.errors",)),
}
"""Titles and modules of the pages, by their names."""


def pages() -> dict[str, str | bytes]:
    """The pages' text by name, for mkdocstrings to fill in."""
    lines = [
        "# API reference",
        "",
        "`import proactive_gym` brings what is in this list; all else is in the modules below.",
        "",
    ]
    lines += ["::: proactive_gym", "    options:", "      members: false", "      show_root_heading: false", ""]
    lines += [
        f"- [{title}]({name}.md): {', '.join(f'`{module}`' for module in modules)}"
        for name, (title, modules) in PAGES.items()
    ]
    made: dict[str, str | bytes] = {"api/index.md": "\n".join(lines) + "\n"}
    for name, (title, modules) in PAGES.items():
        made[f"api/{name}.md"] = f"# {title}\n\n" + "\n".join(f"::: {module}\n" for module in modules)
    return made

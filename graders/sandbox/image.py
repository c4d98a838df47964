"""What the hosted image 2025-05-08 holds, as its documentation lists it."""

HOSTED_IMAGE = "2025-05-08"

PACKAGES: dict[str, tuple[str, str]] = {
    "numpy": ("numpy", "2.2.4"),
    "scipy": ("scipy", "1.15.2"),
    "sympy": ("sympy", "1.13.3"),
    "pandas": ("pandas", "2.2.3"),
    "rapidfuzz": ("rapidfuzz", "3.10.1"),
    "sklearn": ("scikit-learn", "1.6.1"),
    "rouge_score": ("rouge-score", "0.1.2"),
    "deepdiff": ("deepdiff", "8.4.2"),
    "jsonschema": ("jsonschema", "4.23.0"),
    "pydantic": ("pydantic", "2.10.6"),
    "yaml": ("pyyaml", "6.0.2"),
    "nltk": ("nltk", "3.9.1"),
    "sqlparse": ("sqlparse", "0.5.3"),
    "rdkit": ("rdkit", "2024.9.6"),
    "skbio": ("scikit-bio", "0.6.3"),
    "ast_grep_py": ("ast-grep-py", "0.36.2"),
}
"""Import name to distribution and version."""

_NEEDED_BY_THEM = """
    absl annotated_types attr attrs biom click dateutil decorator h5py joblib jsonschema_specifications mpmath
    natsort orderly_set patsy PIL pydantic_core pytz referencing regex requests rpds six statsmodels
    threadpoolctl tqdm typing_extensions tzdata
"""
BROUGHT_ALONG = frozenset(_NEEDED_BY_THEM.split())
"""Import names of packages that those above need, so that they are there without being promised."""

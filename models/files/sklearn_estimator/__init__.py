"""Fitted estimators of scikit-learn as layers: `models.files.from_sklearn` has the whole way."""

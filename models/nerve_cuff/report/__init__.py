"""Tables, figures and a page of a results file, the paper's own beside them.

``python -m build_decoder.models.nerve_cuff.report RESULTS`` writes Tables 1 and 2 and Figures 3 to
6 of the paper that `models.nerve_cuff` names, and the front of all families. The same results give
the same bytes.
"""

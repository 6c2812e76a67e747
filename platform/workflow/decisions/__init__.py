"""DMN 1.5 decisions: requirement graphs, boxed expressions and decision tables over FEEL."""

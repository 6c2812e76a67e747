"""Pages on which administrators change the model: designers, drafts, packs."""

"""The chapter's pictures and demos, one module a notebook."""

"""The chapter's exercises, one module a notebook."""

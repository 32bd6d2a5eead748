"""The tested code behind the book: `lib.book` serves every chapter, `lib.<chapter>` holds one chapter's algorithms."""

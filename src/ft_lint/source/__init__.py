"""From files and standard input to text, and what can be left unread."""

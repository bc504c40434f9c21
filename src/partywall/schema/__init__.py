"""What a description of an API says: operations, kinds of objects, and who makes, shows, changes and deletes them."""

"""What a description of an API says: operations, kinds of objects, and who makes, shows, lists, changes and deletes them."""

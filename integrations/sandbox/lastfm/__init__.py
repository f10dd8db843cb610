"""Last.fm: the page where somebody lets an app in, and the API at one address."""

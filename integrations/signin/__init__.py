"""How the libraries for sign-in meet our own rules: allauth for Discord and Spotify, social-auth for Last.fm.

They keep the dance (state, PKCE, redirects); who somebody is, what is stored and what is said is ours. All their
errors end on one page (`refusing`).
"""

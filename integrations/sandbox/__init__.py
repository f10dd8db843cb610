"""Stand-ins for every provider, for trying the site and testing it: one small web server that speaks their protocols.

Nothing in here knows the site, its models or its settings: it is as foreign to the rest as the real providers are.
"""

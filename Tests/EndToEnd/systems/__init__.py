"""Small clients of other systems, each written from the bytes of its system and nothing of ours."""

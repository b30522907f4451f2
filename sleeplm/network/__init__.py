"""Networks that embed nights: `encoder` what all can do, `nano` and `published` the two, `loading` them by name."""

"""One analysed night and its folder.

Read `pipeline` for what is derived of a recording, `choices` for how a user has it read and scored, `analysis` for
what makes a study of it, `study` for what a study gives back. `folder` writes and reads the stored files,
`montages` recalls choices for files with the same signals, `person` is whose night it is, `export` gives a study
away.
"""

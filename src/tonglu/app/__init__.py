"""The composition root: the use cases, wired from stages and adapters. Faces (command line, flows, pages) call nothing below it."""

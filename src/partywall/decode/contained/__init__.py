"""What C libraries read, in a child process: PDFium, Pillow, zxing.

They were written for files whose authors mean well. A PDF of 1.8 KB, whose forms draw one another ten times each,
keeps PDFium busy for half a minute with the interpreter locked out of interrupting it; a stream of 1 MB may inflate
to 1 GB inside. So one child a process reads them, started with the first PDF or image and kept, whose CPU time for a
document and memory are limited by the kernel. A document that kills it is unseen, and the next gets a new child.
"""

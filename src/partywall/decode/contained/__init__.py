"""What C libraries read, in a child process: PDFium, Pillow, zxing.

They were written for files whose authors mean well. In a PDF of 2 KB forms can draw one another ten times each, nine
deep: PDFium takes ten times longer for each level, 3 s for six of them, and can't be interrupted. A stream of 1 MB
may inflate to 1 GB inside. So one child a process reads them, started with the first PDF or image and kept, whose CPU
time for a document and whose memory the kernel limits. A document that kills it is unseen, and the next gets a new
child.
"""

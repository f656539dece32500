/* The commit that the program was built from. */
#pragma once

/* A short hash, with "-modified" behind it where the tree had changes; empty where the build was not told. */
const char *_Nonnull qw_commit(void);

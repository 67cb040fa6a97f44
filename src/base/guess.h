/*
 * guess.h - the known word that a mistyped one was probably meant to be.
 */
#ifndef BASE_GUESS_H
#define BASE_GUESS_H

#include <stddef.h>

/*
 * The one of words (NULL at their end) that is nearest to the len bytes at
 * word: at most two letters wrong, missing, too many, or exchanged with their
 * neighbour, and no more than a third of len. One that begins with word is as
 * near as one letter wrong, if word has four letters; with three it counts only
 * when nothing else is near. Upper and lower case are the same. The first of
 * several. NULL when none is so near.
 */
const char *guess_word(const char *word, size_t len, const char *const *words);

#endif

/* Loaded before the C library (LD_PRELOAD) into a program under test: makes its system calls fail, be late, be cut off,
 * or be the last thing the program does, and keeps a journal of what was written and what was made durable.
 *
 * QUOTEWIRE_FAULTS holds rules, separated by ';', each of words separated by blanks:
 *
 *   fail CALL FIRST TIMES ERRNO PATH    calls number FIRST to FIRST + TIMES - 1 fail without being made
 *   full BYTES TIMES PATH               the device is full after BYTES bytes: what fits is written, TIMES writes fail
 *   cut BYTES PATH                      SIGKILL when the BYTES-th byte has been written
 *   kill CALL NUMBER before|after PATH  SIGKILL at call number NUMBER
 *   slow CALL MILLIS PATH               each call takes so much longer
 *   jump MILLIS SECONDS                 the wall clock jumps every MILLIS: SECONDS ahead, back, SECONDS behind, back
 *   count FILE PATH                     FILE holds how many calls were made so far
 *   journal FILE PATH                   FILE holds what was done to files: see `journal` in faults.c
 *
 * CALL is a name of `names` in faults.c, or any. PATH is a part of the path that the call concerns; - is every call. */
#ifndef QUOTEWIRE_FAULTS_H
#define QUOTEWIRE_FAULTS_H
#define QUOTEWIRE_FAULTS_VARIABLE "QUOTEWIRE_FAULTS"
#endif

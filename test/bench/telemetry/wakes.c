/*
 * What waking up costs by itself: a program that only sleeps, `argv[1]` times a second for `argv[2]` seconds, and prints
 * its processor time as a percentage of one core. No sampler that wakes as often can cost less on this machine.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const long rate = atol(argv[1]), seconds = atol(argv[2]), step = 1000000000L / rate;
  struct timespec due, spent;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (long i = 0; i < rate * seconds; i++) {
    due.tv_nsec += step;
    if (due.tv_nsec >= 1000000000L) { due.tv_nsec -= 1000000000L; due.tv_sec++; }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  printf("%.3f\n", (spent.tv_sec + spent.tv_nsec / 1e9) / seconds * 100);
  return 0;
}

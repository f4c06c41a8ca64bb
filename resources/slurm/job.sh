#!/bin/sh
# The job of one run of a study, or of each run of an array. Copy this file, change the copy, and give it with
# --job-template. Lines that begin with #SBATCH are options of sbatch; those of the command line come before them.
# {{worker}} becomes the command that carries out the run, every name in it quoted.
#
# Two minutes before the time limit the run makes a checkpoint and ends; it is submitted again.
#SBATCH --signal=B:TERM@120

# What a job needs before it starts belongs here, such as "module load cuda".

exec {{worker}}

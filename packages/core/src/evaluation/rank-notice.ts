// When there are too few pictures for a covariance.

/** A notice when `pictures` are too few for the covariance of features of `width` to have full rank; none otherwise. */
export const rankNotice = (metric: string, pictures: number, width: number): string[] =>
  pictures > width
    ? []
    : [
        `${metric} of ${pictures} pictures has a covariance of less than full rank and comes out too high (more than ${width} pictures are wanted)`,
      ];

/** Surveys of stored packages over HTTP. */
import { Body, Controller, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Id } from '../common/ids.ts';
import { StartSurveys, SurveyQuery, SurveysStarted, SurveyStarted } from './survey.dto.ts';
import { SurveyJobs } from './survey.jobs.service.ts';

@ApiTags('files')
@Controller()
export class SurveysController {
  constructor(private readonly jobs: SurveyJobs) {}

  @Post('packages/:id/survey')
  @ApiOperation({
    operationId: 'surveyPackage',
    summary: 'Queues the reading of all files inside the disk: digests and formats, put into the package as a recorded update.',
  })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: SurveyStarted })
  async one(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: SurveyQuery }) { again }: SurveyQuery,
  ): Promise<SurveyStarted> {
    const { surveys } = await this.jobs.start({ packages: [id], again });
    return { job: surveys[0]?.job ?? '' };
  }

  @Post('surveys/runs')
  @ApiOperation({ operationId: 'startSurveys', summary: 'Queues surveys of stored packages: a job for each.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: SurveysStarted })
  async start(@Body({ schema: StartSurveys }) asked: StartSurveys): Promise<SurveysStarted> {
    return this.jobs.start(asked);
  }
}
